"""Django: `"watchkeeper_sdk.integrations.django.RequestMiddleware"` first in MIDDLEWARE.

Settings: WATCHKEEPER_PRODUCTION (default: not DEBUG), WATCHKEEPER_TRUSTS_PROXY (default False).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from watchkeeper_sdk.access_log import log_request
from watchkeeper_sdk.app_errors import AuthorizationError, NotFoundError
from watchkeeper_sdk.error_answer import answer_error
from watchkeeper_sdk.request_context import (
    REQUEST_ID_HEADER,
    RequestContext,
    answering,
    new_request,
)


class RequestMiddleware:
    """Request ids, access log and the standard error answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._is_production = getattr(settings, "WATCHKEEPER_PRODUCTION", not settings.DEBUG)
        self._trusts_proxy = getattr(settings, "WATCHKEEPER_TRUSTS_PROXY", False)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start_s = time.perf_counter()
        with answering(self._context(request)) as now:
            response = self._get_response(request)
            user = getattr(request, "user", None)
            if user is not None and user.is_authenticated and not now.user_id:
                now.user_id = str(user.pk)
            response[REQUEST_ID_HEADER] = now.request_id
            route = getattr(request.resolver_match, "route", "") or ""
            log_request(now, status=response.status_code, route=route, start_s=start_s)
            return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Answers what a view raised; Django's own refusals, too."""
        if isinstance(error, Http404):
            error = NotFoundError(str(error))
        elif isinstance(error, PermissionDenied):
            error = AuthorizationError(str(error))
        answer = answer_error(error, is_production=self._is_production)
        return JsonResponse(dict(answer.body), status=answer.status, headers=dict(answer.headers))

    def _context(self, request: HttpRequest) -> RequestContext:
        forwarded = request.headers.get("X-Forwarded-For", "") if self._trusts_proxy else ""
        return new_request(
            method=request.method or "",
            path=request.path,
            sent_id=request.headers.get(REQUEST_ID_HEADER),
            peer=request.META.get("REMOTE_ADDR", ""),
            forwarded=forwarded,
        )
