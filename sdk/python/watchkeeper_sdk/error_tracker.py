"""Errors: sending them, and asking what there is of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sentry_sdk

from watchkeeper_sdk.api_client import ApiClient, ApiFailed
from watchkeeper_sdk.guard import Guard

Severity = Literal["low", "medium", "high", "critical"]

_LEVELS: Mapping[Severity, Literal["info", "warning", "error", "fatal"]] = {
    "low": "info",
    "medium": "warning",
    "high": "error",
    "critical": "fatal",
}
_TAGS = ("endpoint", "method", "deployment_id", "function_id", "feature")
_NOT_NAME = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertConfig:
    """Fires when more than `threshold` errors came within `window`.

    window: a PromQL duration such as "1h". type, severity, environment: only such errors.
    """

    name: str
    threshold: float
    window: str = "1h"
    type: str = ""
    severity: Severity | Literal[""] = ""
    environment: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def expression(self) -> str:
        """The same in PromQL."""
        wanted = {"type": self.type, "severity": self.severity, "environment": self.environment}
        chosen = ",".join(f"{name}={json.dumps(text)}" for name, text in wanted.items() if text)
        counter = f"watchkeeper_errors_total{{{chosen}}}" if chosen else "watchkeeper_errors_total"
        return f"sum(increase({counter}[{self.window}])) > {self.threshold:g}"


class ErrorTracker:
    """Sends errors through sentry-sdk; reads need an `ApiClient`."""

    def __init__(self, api: ApiClient | None = None) -> None:
        self._api = api

    def track_error(
        self,
        error: BaseException | str,
        context: Mapping[str, object] | None = None,
        *,
        severity: Severity | None = None,
    ) -> str | None:
        """Send one error; returns its event id, None if it was not sent. Never raises.

        context: endpoint, method, deployment_id, function_id and feature become tags, userId and
        ip the user, everything else is kept beside the error.
        """
        with Guard("an error was not sent"):
            return self._track(error, dict(context or {}), severity)
        return None

    def get_errors(self, **filters: object) -> list[dict[str, Any]]:
        """Issues, the latest seen first.

        Filters: q (search), status, severity, env, release, from, to, limit. Raises ApiFailed.
        """
        found: list[dict[str, Any]] = self._reader.get("issues", **filters)["issues"]
        return found

    def get_error_trends(self, **range_: object) -> dict[str, Any]:
        """Events over time by severity: {"times_ms", "by_severity"}. Raises ApiFailed."""
        trends: dict[str, Any] = self._reader.get("issues", limit=1, **range_)["stats"]
        return trends

    def group_errors_by_type(self, **range_: object) -> dict[str, int]:
        """Events of each type within a range, the commonest first. Raises ApiFailed."""
        counts: dict[str, int] = {}
        cursor: str | None = None
        while True:
            page = self._reader.get("issues", limit=200, cursor=cursor, **range_)
            for issue in page["issues"]:
                counts[issue["type"]] = counts.get(issue["type"], 0) + issue["events"]
            cursor = page["next_cursor"]
            if not cursor:
                return dict(sorted(counts.items(), key=lambda pair: -pair[1]))

    def create_alert(self, config: AlertConfig) -> str:
        """Keep an alert rule; one of the same name is replaced. Returns its rule file's name."""
        file = "errors-" + _NOT_NAME.sub("-", config.name.lower()).strip("-")
        rule = {
            "alert": config.name,
            "expr": config.expression,
            "labels": {"severity": config.severity or "high", **config.labels},
            "annotations": {"summary": f"{{{{ $value }}}} errors in {config.window}"},
        }
        source = json.dumps({"groups": [{"name": file, "rules": [rule]}]})  # JSON is YAML
        self._reader.send("PUT", f"rules/{file}", {"source": source})
        return file

    def get_alerts(self) -> list[dict[str, Any]]:
        """Alert rules of the project with their state. Raises ApiFailed."""
        files = self._reader.get("rules")["files"]
        return [
            {**rule, "file": file["name"]}
            for file in files
            for group in file["groups"]
            for rule in group["rules"]
            if rule["type"] == "alerting"
        ]

    def send_notification(self, channel_id: int) -> dict[str, Any]:
        """Send a test message through a channel; what the receiver answered. Raises ApiFailed."""
        answer: dict[str, Any] = self._reader.send("POST", f"channels/{channel_id}/test")
        return answer

    @property
    def _reader(self) -> ApiClient:
        if self._api is None:
            raise ApiFailed(0, "Pass an ApiClient to ErrorTracker to read errors.")
        return self._api

    def _track(
        self, error: BaseException | str, context: dict[str, object], severity: Severity | None
    ) -> str | None:
        with sentry_sdk.new_scope() as scope:
            if severity is not None:
                scope.set_level(_LEVELS[severity])
                scope.set_tag("severity", severity)
            sent = {"id": context.pop("userId", None), "ip_address": context.pop("ip", None)}
            user = {key: str(value) for key, value in sent.items() if value is not None}
            if user:
                scope.set_user(user)
            for name in _TAGS:
                if name in context:
                    scope.set_tag(name, str(context.pop(name)))
            if context:
                scope.set_context("details", context)
            if isinstance(error, BaseException):
                return scope.capture_exception(error)
            level = _LEVELS[severity] if severity else "error"
            return scope.capture_message(error, level=level)
