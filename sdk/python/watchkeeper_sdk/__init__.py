"""Errors, timings and logs of a Python app to Watchkeeper.

Thin: what is sent goes through sentry-sdk. Nothing here raises into the app that calls it, but
for the `ErrorTracker`'s reads, which answer or raise `ApiFailed`.
"""

from watchkeeper_sdk.api_client import ApiClient, ApiFailed
from watchkeeper_sdk.app_errors import (
    AppError,
    AuthenticationError,
    AuthorizationError,
    ConflictError,
    ExternalServiceError,
    NotFoundError,
    RateLimitError,
    ValidationError,
)
from watchkeeper_sdk.error_tracker import AlertConfig, ErrorTracker
from watchkeeper_sdk.log_lines import JsonFormatter, log_json
from watchkeeper_sdk.performance import PerformanceMonitor, sanitize_query
from watchkeeper_sdk.platform_events import PlatformEvents
from watchkeeper_sdk.request_context import RequestContext, current_request
from watchkeeper_sdk.start import init

__all__ = [
    "AlertConfig",
    "ApiClient",
    "ApiFailed",
    "AppError",
    "AuthenticationError",
    "AuthorizationError",
    "ConflictError",
    "ErrorTracker",
    "ExternalServiceError",
    "JsonFormatter",
    "NotFoundError",
    "PerformanceMonitor",
    "PlatformEvents",
    "RateLimitError",
    "RequestContext",
    "ValidationError",
    "current_request",
    "init",
    "log_json",
    "sanitize_query",
]
