"""An event as what the rest of the house knows: a deploy, a span, a line. Pure.

A deployment is a trace: its builds' phases hang under it, so that its page is a waterfall.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from watchkeeper.ingest.deploy_rows import DeployRow
from watchkeeper.ingest.pipeline import SentLog, SentSpan, trace_id_of
from watchkeeper.ingest.protocols.platform.events import PlatformEvent, Subject
from watchkeeper.lib.clock import NS_A_MS

_SERVICE = {
    Subject.DEPLOYMENT: "deployments",
    Subject.BUILD: "builds",
    Subject.FUNCTION: "functions",
    Subject.API_CALL: "api",
    Subject.DOMAIN: "domains",
}
"""The service of an event that names none."""
_SEVERITY = {"started": "debug", "in_progress": "info", "success": "info", "failure": "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one event becomes. The span and the line are not scrubbed yet."""

    deploy: DeployRow | None = None
    span: SentSpan | None = None
    line: SentLog | None = None


def tell(event: PlatformEvent) -> Told:
    """What an event becomes."""
    return _TELL[event.subject](event)


def _deployment(event: PlatformEvent) -> Told:
    trace_id, root_id = _deployment_ids(event.name)
    is_over = event.status in ("success", "failure")
    start_ns = event.start_ns or (event.at_ns if event.status == "started" else None)
    row = DeployRow(
        deployment_id=event.name,
        status=event.status,
        at_ms=event.at_ns // NS_A_MS,
        started_ms=None if start_ns is None else start_ns // NS_A_MS,
        duration_ms=None if event.duration_ms is None else round(event.duration_ms),
        release=event.rest.get("release") or event.rest.get("version"),
        environment=event.rest.get("environment"),
        url=event.rest.get("url"),
    )
    span = None
    if is_over and event.duration_ms is not None:
        span = _span(event, trace_id, root_id, parent_id="", op="deploy", name="deployment")
    return Told(deploy=row, span=span, line=_line(event, f"Deployment {event.name}", trace_id))


def _build(event: PlatformEvent) -> Told:
    trace_id, root_id = _deployment_ids(event.deployment_id or secrets.token_hex(8))
    span_id = secrets.token_hex(8)
    span = None
    if event.duration_ms is not None:
        parent_id = root_id if event.deployment_id else ""
        op = f"build.{event.name}"
        span = _span(event, trace_id, span_id, parent_id=parent_id, op=op, name=event.name)
    what = f"Build of {event.deployment_id}: {event.name}" if event.deployment_id else event.name
    return Told(span=span, line=_line(event, what, trace_id))


def _function(event: PlatformEvent) -> Told:
    trace_id = _trace_id(event)
    span = None
    if event.status in ("success", "failure"):
        span_id = secrets.token_hex(8)
        span = _span(event, trace_id, span_id, parent_id="", op="function", name=event.name)
    is_worth_a_line = event.status in ("started", "failure")
    line = _line(event, f"Function {event.name}", trace_id) if is_worth_a_line else None
    return Told(span=span, line=line)


def _api_call(event: PlatformEvent) -> Told:
    name = f"{event.rest.get('method', '').upper()} {event.name}".strip()
    trace_id = _trace_id(event)
    span_id = secrets.token_hex(8)
    return Told(span=_span(event, trace_id, span_id, parent_id="", op="http.server", name=name))


def _domain(event: PlatformEvent) -> Told:
    what = event.type.replace("_", " ") or "domain"
    return Told(line=_line(event, f"{what} {event.name}", ""))


_TELL: dict[Subject, Callable[[PlatformEvent], Told]] = {
    Subject.DEPLOYMENT: _deployment,
    Subject.BUILD: _build,
    Subject.FUNCTION: _function,
    Subject.API_CALL: _api_call,
    Subject.DOMAIN: _domain,
}


def _trace_id(event: PlatformEvent) -> str:
    """The trace that the sender names, else one of its own."""
    return trace_id_of(event.rest.get("trace_id")) or secrets.token_hex(16)


def _deployment_ids(deployment_id: str) -> tuple[str, str]:
    """Trace and root span of a deployment: the same whoever tells of it, and when."""
    made = blake2b(deployment_id.encode("utf-8", "replace"), digest_size=24).hexdigest()
    return made[:32], made[32:]


def _span(
    event: PlatformEvent, trace_id: str, span_id: str, *, parent_id: str, op: str, name: str
) -> SentSpan:
    duration_ns = round((event.duration_ms or 0.0) * NS_A_MS)
    good = "unset" if event.subject is Subject.API_CALL else "ok"  # then its status code tells
    return SentSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        ts_ns=event.start_ns or max(0, event.at_ns - duration_ns),
        duration_ns=duration_ns,
        name=name,
        kind="internal" if event.subject is Subject.BUILD else "server",
        op=op,
        status="error" if event.status == "failure" else good,
        status_message=event.error,
        is_entry=not parent_id,
        attributes=_attributes(event),
    )


def _attributes(event: PlatformEvent) -> dict[str, str]:
    """By the names of OpenTelemetry's conventions where it has them."""
    found = dict(event.rest)
    found.pop("trace_id", None)
    if "method" in found:
        found["method"] = found["method"].upper()
    for own, theirs in _CONVENTIONS.items():
        if own in found:
            found.setdefault(theirs, found.pop(own))
    if event.deployment_id and event.subject is not Subject.DEPLOYMENT:
        found["deployment.id"] = event.deployment_id
    found |= _NAMED[event.subject](event.name)
    return {"service.name": _SERVICE[event.subject], **found}


_CONVENTIONS = {
    "service": "service.name",
    "environment": "deployment.environment.name",
    "method": "http.request.method",
    "status_code": "http.response.status_code",
    "user_id": "user.id",
    "session_id": "session.id",
    "invocation_id": "faas.invocation_id",
}
_NAMED: dict[Subject, Callable[[str], dict[str, str]]] = {
    Subject.DEPLOYMENT: lambda name: {"deployment.id": name},
    Subject.BUILD: lambda name: {"build.phase": name},
    Subject.FUNCTION: lambda name: {"faas.name": name, "http.route": name},
    Subject.API_CALL: lambda name: {"http.route" if _is_template(name) else "url.path": name},
    Subject.DOMAIN: lambda name: {"domain": name},
}


def _is_template(path: str) -> bool:
    return any(mark in path for mark in ("{", "*", "<", "/:"))


def _line(event: PlatformEvent, what: str, trace_id: str) -> SentLog:
    how = {"success": "succeeded", "failure": "failed", "in_progress": "is in progress"}
    took = "" if event.duration_ms is None else f" in {_spoken(event.duration_ms)}"
    why = f": {event.error}" if event.error else ""
    said = "" if event.subject is Subject.DOMAIN else f" {how.get(event.status, event.status)}"
    attributes = _attributes(event)
    attributes["status"] = event.status
    if event.duration_ms is not None:
        attributes["duration_ms"] = f"{event.duration_ms:g}"
    return SentLog(
        body=f"{what}{said}{took}{why}",
        source="platform",
        ts_ns=event.at_ns,
        severity=_severity(event),
        trace_id=trace_id,
        attributes=attributes,
    )


def _severity(event: PlatformEvent) -> str:
    is_expiring = event.subject is Subject.DOMAIN and "expiring" in event.type
    return "warn" if is_expiring else _SEVERITY[event.status]


def _spoken(duration_ms: float) -> str:
    return f"{duration_ms:.0f} ms" if duration_ms < 1_000 else f"{duration_ms / 1_000:.1f} s"
