"""Reports of browsers on violated policies (CSP, Expect-CT, HPKP) as events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from watchkeeper.ingest.protocols.sentry.parse import MalformedEnvelope
from watchkeeper.ingest.protocols.sentry.values import object_of, text_of

_LOCAL = frozenset({"self", "inline", "eval", "data", "blob", "about", "wasm-eval", "filesystem"})
_DASHED = {
    "documentURL": "document-uri", "documentURI": "document-uri", "referrer": "referrer",
    "blockedURL": "blocked-uri", "blockedURI": "blocked-uri", "disposition": "disposition",
    "effectiveDirective": "effective-directive", "violatedDirective": "violated-directive",
    "originalPolicy": "original-policy", "sourceFile": "source-file", "lineNumber": "line-number",
    "columnNumber": "column-number", "statusCode": "status-code", "sample": "script-sample",
}  # fmt: skip
_CHECKS = {"expect-ct": "Expect-CT", "expect-staple": "Expect-Staple", "hpkp": "Key pinning"}
_MOST_REPORTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What the request tells beside the report."""

    release: str = ""
    environment: str = ""
    user_agent: str = ""


def security_events(payload: bytes, position: int, sender: Sender) -> list[dict[str, object]]:
    """An event a report, grouped by directive and blocked host. Raises MalformedEnvelope."""
    try:
        sent = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise MalformedEnvelope(position, f"A report is not valid JSON: {error.msg}.") from error
    reports = sent if isinstance(sent, list) else [sent]
    events = [found for each in reports[:_MOST_REPORTS] if (found := _event(object_of(each)))]
    if not events:
        raise MalformedEnvelope(position, "This is no report of CSP, Expect-CT or HPKP.")
    return [_sent_by(event, sender) for event in events]


def _event(report: dict[str, object]) -> dict[str, object]:
    """The event of one report, or nothing."""
    if "csp-report" in report:
        return _csp(object_of(report["csp-report"]))
    if text_of(report.get("type")) in {"csp-violation", "csp"}:  # the Reporting API
        body = object_of(report.get("body"))
        named = {_DASHED.get(name, name): value for name, value in body.items()}
        named.setdefault("document-uri", report.get("url"))
        return _csp(named)
    for kind in ("expect-ct-report", "expect-staple-report"):
        if kind in report:
            return _certificate(kind.removesuffix("-report"), object_of(report[kind]))
    if "known-pins" in report:
        return _certificate("hpkp", report)
    if "body" in report and isinstance(report.get("type"), str):  # deprecation, intervention, …
        return _other(text_of(report["type"]), report)
    return {}


def _csp(report: Mapping[str, object]) -> dict[str, object]:
    told = text_of(report.get("effective-directive")) or text_of(report.get("violated-directive"))
    directive = told.split(" ")[0] or "default-src"
    blocked = text_of(report.get("blocked-uri"))
    page = text_of(report.get("document-uri"))
    host = blocked_host(blocked, page)
    noun = directive.removesuffix("-elem").removesuffix("-attr").removesuffix("-src")
    how = f"'{host}'" if host in _LOCAL or not host else f"from '{host}'"
    return {
        "logger": "csp",
        "level": "error",
        "message": f"Blocked '{noun}' {how}",
        "culprit": directive,
        "fingerprint": ["csp", directive, host],
        "request": {
            "url": page,
            "headers": {"Referer": referrer}
            if (referrer := text_of(report.get("referrer")))
            else {},
        },
        "tags": {"effective-directive": directive, "blocked-host": host, "logger": "csp"},
        "contexts": {"csp": dict(report)},
    }


def blocked_host(blocked: str, page: str) -> str:
    """The host of a blocked address; `self` if it is the page's own, or its word (`inline`)."""
    word = blocked.rstrip(":")
    if word in _LOCAL or not blocked:
        return word or "self"
    host = _host(blocked) or word
    return "self" if host == _host(page) else host


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _certificate(kind: str, report: Mapping[str, object]) -> dict[str, object]:
    host = text_of(report.get("hostname"))
    return {
        "logger": kind,
        "level": "error",
        "message": f"{_CHECKS[kind]} failed for '{host}'",
        "culprit": host,
        "fingerprint": [kind, host],
        "request": {"url": f"https://{host}"},
        "tags": {"hostname": host, "port": text_of(report.get("port")), "logger": kind},
        "contexts": {kind: dict(report)},
    }


def _other(kind: str, report: Mapping[str, object]) -> dict[str, object]:
    body = object_of(report.get("body"))
    message = text_of(body.get("message")) or kind
    name = text_of(body.get("id")) or message
    return {
        "logger": kind,
        "level": "warning",
        "message": message,
        "culprit": kind,
        "fingerprint": [kind, name],
        "request": {"url": text_of(report.get("url"))},
        "tags": {"logger": kind},
        "contexts": {kind: body},
    }


def _sent_by(event: dict[str, object], sender: Sender) -> dict[str, object]:
    event["platform"] = "javascript"
    if sender.release:
        event["release"] = sender.release
    if sender.environment:
        event["environment"] = sender.environment
    request = object_of(event.get("request"))
    if sender.user_agent:
        request["headers"] = {**object_of(request.get("headers")), "User-Agent": sender.user_agent}
    return event
