"""Events in the fields of this API. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from watchkeeper.api.compat.sentry.desk import iso
from watchkeeper.issues import ErrorEvent, NewEvent

Told = dict[str, object]
_USER_FIELDS = ("id", "email", "username", "ip_address", "name")


def listed_event(project_id: int, issue_id: int | None, one: NewEvent) -> Told:
    """An event of a list, without its payload."""
    first_line = one.value.partition("\n")[0]
    is_text = one.type == "message"
    title = first_line if is_text else f"{one.type}: {first_line}".removesuffix(": ")
    kind, colon, value = one.user_key.partition(":")
    return {
        "id": one.event_id,
        "event.type": "default" if is_text else "error",
        "groupID": None if issue_id is None else str(issue_id),
        "eventID": one.event_id,
        "projectID": str(project_id),
        "message": one.value,
        "title": title,
        "location": None,
        "culprit": one.culprit,
        "user": _user({kind: value}) if colon else None,
        "tags": _tags({"level": one.level, **one.tags}),
        "platform": one.platform,
        "dateCreated": iso(one.ts_ms),
        "crashFile": None,
    }


def whole_event(project_id: int, issue_id: int, one: ErrorEvent) -> Told:
    """An event with all that it carries; what was scrubbed is not in it."""
    raw, is_text = one.raw, not one.exceptions
    kind, _, value = one.title.partition(": ")
    return {
        "id": one.event_id,
        "groupID": str(issue_id),
        "eventID": one.event_id,
        "projectID": str(project_id),
        "size": None,
        "entries": list(_entries(one)),
        "dist": raw.get("dist"),
        "message": one.message if is_text else "",
        "title": one.title,
        "location": _location(one),
        "culprit": one.culprit,
        "user": _user(one.user) if one.user else None,
        "contexts": one.contexts,
        "sdk": {name: one.sdk.get(name) for name in ("name", "version")} if one.sdk else None,
        "context": raw.get("extra") or {},
        "packages": raw.get("modules") or {},
        "type": "default" if is_text else "error",
        "metadata": {"title": one.title} if is_text else {"type": kind, "value": value},
        "tags": _tags(_all_tags(one)),
        "platform": raw.get("platform") or "other",
        "dateCreated": iso(one.ts_ms),
        "dateReceived": iso(one.received_ms),
        "errors": [],
        "occurrence": None,
        "_meta": {},
        "crashFile": None,
        "fingerprints": raw.get("fingerprint") or [],
        "groupingConfig": None,
        "release": {"version": one.release} if one.release else None,
        "userReport": None,
        "sdkUpdates": [],
        "resolvedWith": [],
        "nextEventID": one.next_id,
        "previousEventID": one.previous_id,
    }


def _user(sent: Mapping[str, object]) -> Told:
    return dict.fromkeys(_USER_FIELDS) | dict(sent)


def _all_tags(one: ErrorEvent) -> dict[str, str]:
    own = {"level": one.level, "environment": one.environment, "release": one.release}
    return {key: value for key, value in own.items() if value} | dict(one.tags)


def _tags(tags: Mapping[str, str]) -> list[Told]:
    """Pairs, by name."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def _location(one: ErrorEvent) -> str | None:
    """File of the innermost own frame."""
    for exception in reversed(one.exceptions):
        for frame in reversed(exception["frames"]):
            if frame["in_app"] and frame["filename"]:
                return str(frame["filename"])
    return None


def _entries(one: ErrorEvent) -> Iterator[Told]:
    """Parts of an event, in the order in which they are read."""
    if one.exceptions:
        values = [_exception(each) for each in _objects(one.raw.get("exception"))]
        has_others = any(_has_others(each["stacktrace"]) for each in values)
        data = {"values": values, "excOmitted": None, "hasSystemFrames": has_others}
        yield {"type": "exception", "data": data}
    threads = [_thread(each) for each in _objects(one.raw.get("threads"))]
    if threads:
        yield {"type": "threads", "data": {"values": threads}}
    if stack := _stack(one.raw.get("stacktrace")):
        yield {"type": "stacktrace", "data": stack}
    if not one.exceptions or one.raw.get("logentry"):
        yield {"type": "message", "data": _message(one)}
    if one.breadcrumbs:
        crumbs = [_breadcrumb(each) for each in one.breadcrumbs]
        yield {"type": "breadcrumbs", "data": {"values": crumbs}}
    if one.request:
        yield {"type": "request", "data": _request(one.request)}


def _message(one: ErrorEvent) -> Told:
    entry = one.raw.get("logentry")
    sent = entry if isinstance(entry, dict) else {}
    formatted = sent.get("formatted") or sent.get("message") or one.message
    return {"formatted": formatted, "message": sent.get("message"), "params": sent.get("params")}


def _exception(sent: Mapping[str, object]) -> Told:
    return {
        "type": sent.get("type"),
        "value": sent.get("value"),
        "module": sent.get("module"),
        "mechanism": sent.get("mechanism"),
        "threadId": sent.get("thread_id"),
        "stacktrace": _stack(sent.get("stacktrace")),
        "rawStacktrace": None,
    }


def _thread(sent: Mapping[str, object]) -> Told:
    return {
        "id": sent.get("id"),
        "name": sent.get("name"),
        "crashed": bool(sent.get("crashed")),
        "current": bool(sent.get("current")),
        "stacktrace": _stack(sent.get("stacktrace")),
        "rawStacktrace": None,
    }


def _stack(sent: object) -> Told | None:
    frames = _listed(sent.get("frames")) if isinstance(sent, dict) else []
    if not frames:
        return None
    return {
        "frames": [_frame(each) for each in frames],
        "framesOmitted": None,
        "registers": None,
        "hasSystemFrames": any(not each.get("in_app") for each in frames),
    }


def _has_others(stack: object) -> bool:
    return isinstance(stack, dict) and bool(stack["hasSystemFrames"])


def _frame(sent: Mapping[str, object]) -> Told:
    return {
        "filename": sent.get("filename"),
        "absPath": sent.get("abs_path"),
        "module": sent.get("module"),
        "package": sent.get("package"),
        "platform": sent.get("platform"),
        "instructionAddr": sent.get("instruction_addr"),
        "symbolAddr": sent.get("symbol_addr"),
        "function": sent.get("function"),
        "rawFunction": sent.get("raw_function"),
        "symbol": sent.get("symbol"),
        "context": list(_context(sent)),
        "lineNo": sent.get("lineno"),
        "colNo": sent.get("colno"),
        "inApp": bool(sent.get("in_app")),
        "trust": sent.get("trust"),
        "errors": None,
        "vars": sent.get("vars"),
    }


def _context(sent: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """(line number, text) of the lines around a call."""
    lineno, line = sent.get("lineno"), sent.get("context_line")
    if not isinstance(lineno, int) or not isinstance(line, str):
        return
    before, after = _lines(sent.get("pre_context")), _lines(sent.get("post_context"))
    yield from enumerate([*before, line, *after], lineno - len(before))


def _lines(sent: object) -> list[str]:
    return [str(one or "") for one in sent] if isinstance(sent, list) else []


def _breadcrumb(sent: Mapping[str, object]) -> Told:
    at = sent.get("timestamp")
    return {
        "timestamp": iso(round(at * 1000)) if isinstance(at, int | float) else at,
        "type": sent.get("type") or "default",
        "category": sent.get("category"),
        "level": sent.get("level") or "info",
        "message": sent.get("message"),
        "data": sent.get("data"),
        "event_id": None,
    }


def _request(sent: Mapping[str, object]) -> Told:
    return {
        "url": sent.get("url"),
        "method": sent.get("method"),
        "query": list(_pairs(sent.get("query_string"))),
        "fragment": sent.get("fragment"),
        "data": sent.get("data"),
        "headers": list(_pairs(sent.get("headers"))),
        "cookies": list(_pairs(sent.get("cookies"))),
        "env": sent.get("env"),
        "inferredContentType": sent.get("inferred_content_type"),
    }


def _pairs(sent: object) -> Iterator[tuple[str, object]]:
    """Of a mapping, a list of pairs or a query string."""
    if isinstance(sent, dict):
        yield from sorted(sent.items())
    elif isinstance(sent, str):
        yield from parse_qsl(sent.removeprefix("?"), keep_blank_values=True)
    elif isinstance(sent, list):
        yield from ((str(one[0]), one[1]) for one in sent if isinstance(one, list) and one[1:])


def _objects(sent: object) -> list[Mapping[str, object]]:
    """Of `{"values": […]}` or a plain list."""
    return _listed(sent.get("values") if isinstance(sent, dict) else sent)


def _listed(sent: object) -> list[Mapping[str, object]]:
    return [one for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
