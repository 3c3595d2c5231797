"""One finished span out of what a protocol read, for every protocol that carries spans. Pure.

Rule: docs/wire/otlp.md, "Traces".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from watchkeeper.ingest.drops import Cut
from watchkeeper.ingest.pipeline import conventions as said
from watchkeeper.ingest.pipeline.routes import path_of_url, template_of
from watchkeeper.ingest.pipeline.statements import sanitised
from watchkeeper.ingest.span_rows import SpanRow
from watchkeeper.model import person_key
from watchkeeper.privacy import FILTERED, Scrubber

MAX_ATTRIBUTES = 128
MAX_TEXT = 4_096
MAX_NAME = 500
MAX_EVENTS = 128
MAX_LINKS = 128
MAX_EVENTS_TEXT = 200_000
"""Characters in the attributes of all events, and of all links, of one span."""
MAX_STACK = 16_000
MAX_KEY = 200
_STACK = "exception.stacktrace"
_METHODS = frozenset({
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY",
})  # fmt: skip
_QUERY_WORDS = frozenset({
    "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "CALL", "EXEC", "EXECUTE", "CREATE",
    "ALTER", "DROP", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "SHOW", "PRAGMA",
    "TRUNCATE", "REPLACE", "EXPLAIN", "COPY", "VALUES", "DECLARE", "FETCH", "LOCK", "ANALYZE",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEvent:
    """Something that happened within a span. ts_ns: Unix ns."""

    ts_ns: int
    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLink:
    """Another span that this one is about. Ids as hex digits."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanOrigin:
    """What all spans of one resource, or of one Sentry transaction, have in common; scrubbed.

    attributes: joined to those of each span, which win. source: otlp, sentry.
    """

    service: str = ""
    environment: str = ""
    release: str = ""
    host: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSpan:
    """A span as its sender tells it, not scrubbed. The fields mean what SpanRow's do.

    kind, op: empty where the sender names none; then the other one or the attributes tell.
    is_entry: None where a missing parent or the kind tells. attributes: by the names of
    OpenTelemetry's semantic conventions, old or new; others are kept too.
    """

    trace_id: str
    span_id: str
    parent_id: str
    ts_ns: int
    duration_ns: int
    name: str
    kind: str = ""
    op: str = ""
    status: str = "unset"
    status_message: str = ""
    is_entry: bool | None = None
    transaction: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    events: Sequence[SpanEvent] = ()
    links: Sequence[SpanLink] = ()


def origin_of_resource(resource: dict[str, str], *, scrubber: Scrubber, source: str) -> SpanOrigin:
    """The origin that resource attributes describe; what has no field stays an attribute."""
    clean = scrubber.scrub_attributes(resource)
    return SpanOrigin(
        service=clean.pop("service.name", ""),
        environment=said.taken(clean, said.ENVIRONMENT),
        release=clean.pop("service.version", ""),
        host=clean.pop("host.name", ""),
        attributes=clean,
        source=source,
    )


def finish_span(
    sent: SentSpan, origin: SpanOrigin, *, scrubber: Scrubber, cuts: Counter[Cut]
) -> SpanRow:
    """The span as it is stored: bounded, scrubbed, with what its attributes tell in fields.

    cuts: counts what had to be left out.
    """
    attributes = bounded(sent.attributes, cuts)
    session_id = said.taken(attributes, said.SESSION)
    db_system = said.first(attributes, said.DB_SYSTEM).lower()
    statement = said.taken(attributes, said.STATEMENT)
    name = shortened(sent.name, MAX_NAME, cuts)
    is_database = bool(db_system) or sent.op.partition(".")[0] == "db"
    if is_database and not statement and _looks_like_query(name):
        statement = sent.name
    if statement:
        is_named_so = name == shortened(statement, MAX_NAME, Counter())
        statement = sanitised(statement, db_system)
        name = statement[:MAX_NAME] if is_named_so else name
    clean = scrubber.scrub_attributes(attributes)
    texts = scrubber.scrub_attributes(
        {
            "name": name,
            "message": shortened(sent.status_message, MAX_TEXT, cuts),
            "transaction": sent.transaction[:MAX_NAME],
        }
    )
    return _row(
        sent,
        origin,
        clean,
        _Told(
            name=texts["name"],
            status_message=texts["message"],
            transaction=texts["transaction"],
            session_id=session_id[:MAX_KEY],
            db_system=db_system[:MAX_KEY],
            statement=statement,
            events=_events(sent.events, scrubber, cuts),
            links=_links(sent.links, scrubber, cuts),
        ),
    )


def bounded(attributes: Mapping[str, str], cuts: Counter[Cut]) -> dict[str, str]:
    """At most 128 attributes, each of at most 4,096 characters: a new dict."""
    if len(attributes) > MAX_ATTRIBUTES:
        cuts[Cut.ATTRIBUTES] += len(attributes) - MAX_ATTRIBUTES
        attributes = dict(list(attributes.items())[:MAX_ATTRIBUTES])
    return {
        key if len(key) <= MAX_KEY else shortened(key, MAX_KEY, cuts): value
        if len(value) <= MAX_TEXT
        else shortened(value, MAX_TEXT, cuts)
        for key, value in attributes.items()
    }


def shortened(text: str, limit: int, cuts: Counter[Cut]) -> str:
    """The text, or its beginning with an ellipsis."""
    if len(text) <= limit:
        return text
    cuts[Cut.TEXTS] += 1
    return text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Parts of a span that are clean already."""

    name: str
    status_message: str
    transaction: str
    session_id: str
    db_system: str
    statement: str
    events: str
    links: str


def _row(
    sent: SentSpan,
    origin: SpanOrigin,
    attributes: dict[str, str],
    told: _Told,
) -> SpanRow:
    name = told.name
    kind = sent.kind or said.kind_of_op(sent.op)
    op = sent.op or said.op_of(attributes, kind=kind, db_system=told.db_system, name=name)
    is_entry = sent.is_entry
    if is_entry is None:
        is_entry = not sent.parent_id or kind in said.ENTRY_KINDS
    http_method, path = _request(attributes, op, name)
    http_status = _status_number(said.first(attributes, said.HTTP_STATUS))
    route = said.first(attributes, said.ROUTE)
    if not route:
        route = template_of(path) if path else said.endpoint_of(attributes)
    if path and path in name:
        name = name.partition("?")[0].replace(path, template_of(path))
    user_key = said.first(attributes, said.USER)
    return SpanRow(
        trace_id=sent.trace_id,
        span_id=sent.span_id,
        parent_id=sent.parent_id,
        ts_ns=sent.ts_ns,
        duration_ns=sent.duration_ns,
        name=name,
        kind=kind,
        op=op[:MAX_KEY],
        status=said.status_of(sent.status, attributes, kind=kind, http_status=http_status),
        status_message=told.status_message,
        service=said.first(attributes, said.SERVICE) or origin.service,
        environment=said.first(attributes, said.ENVIRONMENT) or origin.environment,
        release=origin.release,
        host=origin.host,
        is_entry=is_entry,
        route=route[:MAX_NAME],
        transaction=told.transaction or (name if is_entry else ""),
        http_method=http_method[:20],
        http_status=http_status,
        db_system=told.db_system,
        statement=told.statement,
        user_key="" if user_key == FILTERED else person_key(user_key[:MAX_KEY]),
        session_id=told.session_id,
        attributes={**origin.attributes, **attributes} if origin.attributes else attributes,
        events=told.events,
        links=told.links,
        source=origin.source,
    )


def _request(attributes: Mapping[str, str], op: str, name: str) -> tuple[str, str]:
    """Method and path of an HTTP request, of attributes or, as Sentry has it, of its name."""
    method = said.first(attributes, said.HTTP_METHOD)
    path = said.first(attributes, said.HTTP_PATH)
    if not path and (url := said.first(attributes, said.HTTP_URL)):
        path = path_of_url(url)
    if op.startswith("http") and not (method and path):
        word, _, rest = name.partition(" ")
        if word in _METHODS:
            method, path = method or word, path or path_of_url(rest.strip())
        elif name.startswith("/"):
            path = path or name
    return method, path.partition("?")[0]


def _status_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


def _looks_like_query(name: str) -> bool:
    return name.partition(" ")[0].upper() in _QUERY_WORDS and " " in name


def _events(sent: Sequence[SpanEvent], scrubber: Scrubber, cuts: Counter[Cut]) -> str:
    if not sent:
        return ""
    kept: list[object] = []
    room = MAX_EVENTS_TEXT
    for event in sent[:MAX_EVENTS]:
        attributes = scrubber.scrub_attributes(_of_event(event.attributes, cuts))
        room -= sum(map(len, chain.from_iterable(attributes.items())))
        if room < 0:
            break
        name = scrubber.scrub_text(shortened(event.name, MAX_NAME, cuts))
        kept.append({"ts_ns": event.ts_ns, "name": name, "attributes": attributes})
    if len(kept) < len(sent):
        cuts[Cut.EVENTS] += len(sent) - len(kept)
    return _as_json(kept)


def _of_event(attributes: Mapping[str, str], cuts: Counter[Cut]) -> dict[str, str]:
    """As `bounded`, but a stack trace may be longer than other texts."""
    trace = attributes.get(_STACK, "")
    found = bounded({k: v for k, v in attributes.items() if k != _STACK}, cuts)
    if trace:
        found[_STACK] = shortened(trace, MAX_STACK, cuts)
    return found


def _links(sent: Sequence[SpanLink], scrubber: Scrubber, cuts: Counter[Cut]) -> str:
    if not sent:
        return ""
    kept: list[object] = []
    room = MAX_EVENTS_TEXT
    for link in sent[:MAX_LINKS]:
        attributes = scrubber.scrub_attributes(bounded(link.attributes, cuts))
        room -= sum(map(len, chain.from_iterable(attributes.items())))
        if room < 0:
            break
        kept.append({"trace_id": link.trace_id, "span_id": link.span_id, "attributes": attributes})
    if len(kept) < len(sent):
        cuts[Cut.LINKS] += len(sent) - len(kept)
    return _as_json(kept)


def _as_json(told: list[object]) -> str:
    return msgspec.json.encode(told).decode()
