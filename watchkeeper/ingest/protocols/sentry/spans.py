"""Transactions and spans, of protocol version 1 and 2, as spans. docs/wire/sentry.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.pipeline import (
    SentSpan,
    SpanEvent,
    SpanLink,
    SpanOrigin,
    finish_span,
    span_id_of,
    trace_id_of,
)
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.people import place_sender
from watchkeeper.ingest.protocols.sentry.values import (
    attributes_of,
    field,
    instant_ns,
    list_of,
    object_of,
    placed_ns,
    service_of,
    text_of,
)

_SOURCE = "sentry"
_SERVERS_REFUSALS = frozenset({
    "invalid_argument", "not_found", "already_exists", "permission_denied", "unauthenticated",
    "resource_exhausted", "failed_precondition", "out_of_range",
})  # fmt: skip
"""What an HTTP server's 4xx becomes: the client's fault, so no error of the endpoint."""
_NEITHER = frozenset({"", "unset", "cancelled", "unknown"})
_TAKEN_CONTEXTS = frozenset({"trace", "profile", "otel", "response", "replay"})
_RELEASE = ("sentry.release", "release")
_ENVIRONMENT = ("sentry.environment", "environment")
_REQUESTS = ("http", "db", "cache", "queue", "grpc", "rpc", "websocket")
_NO_SERVICES = ("node", "unknown_service", "sentry")
"""What OpenTelemetry's SDKs are called until somebody names them."""


def take_transaction(event: dict[str, object], facts: Facts, kept: Kept) -> None:
    """The transaction's root and every span in it."""
    place_sender(event, facts.sender)
    trace = object_of(object_of(event.get("contexts")).get("trace"))
    name = field(event, "transaction", most=500) or "<unlabeled transaction>"
    origin = _origin_of_event(event, facts)
    user = facts.people.clean(object_of(event.get("user")))
    root = _root(event, trace, name, user, facts)
    if root is None:
        kept.drops[Drop.MALFORMED] += 1
    else:
        row = finish_span(root, origin, scrubber=facts.scrubber, cuts=kept.cuts)
        kept.spans.append(row)
        name = row.transaction  # without ids and secrets
    for sent in list_of(event.get("spans")):
        child = _child(object_of(sent), trace, name, user, facts)
        if child is None:
            kept.drops[Drop.MALFORMED] += 1
        else:
            kept.spans.append(finish_span(child, origin, scrubber=facts.scrubber, cuts=kept.cuts))


def take_span(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """A `span` item: a list of version 2, or one span of either version."""
    sent = payload.get("items")
    for each in [payload] if sent is None else list_of(sent):
        found = object_of(each)
        is_second = "attributes" in found or "end_timestamp" in found
        span = _second(found, facts) if is_second else _first(found, facts)
        if span is None:
            kept.drops[Drop.MALFORMED] += 1
            continue
        attributes = span.attributes
        origin = SpanOrigin(
            service=attributes.pop("service.name", "") or service_of(_value(attributes, _RELEASE)),
            environment=_clean(_popped(attributes, _ENVIRONMENT), facts),
            release=_clean(_popped(attributes, _RELEASE), facts),
            host=_clean(_host(attributes, span.op), facts),
            source=_SOURCE,
        )
        kept.spans.append(finish_span(span, origin, scrubber=facts.scrubber, cuts=kept.cuts))


def _root(
    event: dict[str, object],
    trace: dict[str, object],
    name: str,
    user: Mapping[str, str],
    facts: Facts,
) -> SentSpan | None:
    trace_id, span_id = trace_id_of(trace.get("trace_id")), span_id_of(trace.get("span_id"))
    if not (trace_id and span_id):
        return None
    ts_ns, duration_ns = placed_ns(
        event.get("start_timestamp"), event.get("timestamp"), facts.arrival
    )
    attributes = _root_attributes(event, trace, user)
    op = field(trace, "op") or attributes.get("sentry.op", "")
    status, message = _status(field(trace, "status"), op)
    return SentSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=span_id_of(trace.get("parent_span_id")),
        ts_ns=ts_ns,
        duration_ns=duration_ns,
        name=name,
        op=op,
        status=status,
        status_message=message,
        is_entry=True,
        attributes=attributes,
        events=[*_breadcrumbs(event, ts_ns)],
        links=[*_links(trace.get("links"))],
    )


def _root_attributes(
    event: dict[str, object], trace: dict[str, object], user: Mapping[str, str]
) -> dict[str, str]:
    """What a transaction tells beside its times: data, tags, measurements, request, contexts."""
    contexts = object_of(event.get("contexts"))
    found = attributes_of(trace.get("data"))
    found.update({f"user.{name}": value for name, value in user.items()})
    if route := _route(event, found):
        found.setdefault("http.route", route)
    found.update(_request(object_of(event.get("request"))))
    status = object_of(contexts.get("response")).get("status_code")
    if status is not None:
        found.setdefault("http.response.status_code", text_of(status))
    found.update({k: v for k, v in _tags(event.get("tags")).items() if k not in found})
    found.update(_measurements(event.get("measurements")))
    for name, context in contexts.items():
        if name not in _TAKEN_CONTEXTS:
            found.update(_flat(name, object_of(context)))
    profile, replay = object_of(contexts.get("profile")), object_of(contexts.get("replay"))
    more = {
        "sentry.origin": trace.get("origin"),
        "sentry.profile_id": profile.get("profile_id"),
        "sentry.profiler_id": profile.get("profiler_id"),
        "sentry.replay_id": replay.get("replay_id"),
        "sentry.event_id": event.get("event_id"),
        "sentry.transaction.source": object_of(event.get("transaction_info")).get("source"),
    }
    found.update({name: text_of(value) for name, value in more.items() if value})
    extra = object_of(event.get("extra"))
    found.update({f"extra.{name}": text_of(value) for name, value in extra.items()})
    return found


def _route(event: dict[str, object], attributes: Mapping[str, str]) -> str:
    """The transaction's name where the framework says that it is a route: `/users/{user_id}`."""
    source = text_of(object_of(event.get("transaction_info")).get("source"))
    name = field(event, "transaction", most=500)
    path = name.rpartition(" ")[2]
    is_route = "route" in {source, attributes.get("sentry.source")}
    return path if is_route and path.startswith("/") else ""


def _child(
    sent: dict[str, object],
    trace: dict[str, object],
    transaction: str,
    user: Mapping[str, str],
    facts: Facts,
) -> SentSpan | None:
    trace_id = trace_id_of(sent.get("trace_id")) or trace_id_of(trace.get("trace_id"))
    span_id = span_id_of(sent.get("span_id"))
    if not (trace_id and span_id):
        return None
    attributes = attributes_of(sent.get("data"))
    attributes.update({k: v for k, v in _tags(sent.get("tags")).items() if k not in attributes})
    attributes.update(_measurements(sent.get("measurements")))
    if "id" in user:
        attributes.setdefault("user.id", user["id"])
    parent = span_id_of(sent.get("parent_span_id")) or span_id_of(trace.get("span_id"))
    return _described(sent, facts, attributes, trace_id, span_id, parent, transaction)


def _host(attributes: dict[str, str], op: str) -> str:
    """Where the span was measured; `server.address` is that only if no request is meant by it."""
    if name := attributes.pop("host.name", ""):
        return name
    is_of_request = op.startswith(_REQUESTS) or "url.full" in attributes
    is_script = attributes.get("sentry.sdk.name", "").startswith("sentry.javascript")
    return "" if is_of_request or is_script else attributes.pop("server.address", "")


def _first(sent: dict[str, object], facts: Facts) -> SentSpan | None:
    """A span of version 1 that came alone."""
    trace_id, span_id = trace_id_of(sent.get("trace_id")), span_id_of(sent.get("span_id"))
    if not (trace_id and span_id):
        return None
    attributes = attributes_of(sent.get("data"))
    attributes.update({k: v for k, v in _tags(sent.get("tags")).items() if k not in attributes})
    attributes.update(_measurements(sent.get("measurements")))
    for name in ("profile_id", "segment_id"):
        if value := field(sent, name):
            attributes.setdefault(f"sentry.{name}", value)
    attributes = facts.people.in_attributes(attributes)
    transaction = attributes.get("sentry.segment.name") or attributes.get("transaction", "")
    parent = span_id_of(sent.get("parent_span_id"))
    return _described(sent, facts, attributes, trace_id, span_id, parent, transaction)


def _described(
    sent: dict[str, object],
    facts: Facts,
    attributes: dict[str, str],
    trace_id: str,
    span_id: str,
    parent_id: str,
    transaction: str,
) -> SentSpan:
    """A span of version 1 from what its two forms have in common."""
    ts_ns, duration_ns = placed_ns(
        sent.get("start_timestamp"), sent.get("timestamp"), facts.arrival
    )
    op = field(sent, "op") or attributes.get("sentry.op", "")
    status, message = _status(field(sent, "status"), op)
    if origin := field(sent, "origin"):
        attributes.setdefault("sentry.origin", origin)
    return SentSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        ts_ns=ts_ns,
        duration_ns=duration_ns,
        name=_plain(text_of(sent.get("description")) or text_of(sent.get("name"))) or op,
        op=op,
        status=status,
        status_message=message,
        is_entry=sent.get("is_segment") is True,
        transaction=transaction,
        attributes=attributes,
        links=[*_links(sent.get("links"))],
    )


def _second(sent: dict[str, object], facts: Facts) -> SentSpan | None:
    """A span of version 2, whose facts are typed attributes."""
    trace_id, span_id = trace_id_of(sent.get("trace_id")), span_id_of(sent.get("span_id"))
    if not (trace_id and span_id):
        return None
    ts_ns, duration_ns = placed_ns(
        sent.get("start_timestamp"), sent.get("end_timestamp"), facts.arrival
    )
    attributes = facts.people.in_attributes(attributes_of(sent.get("attributes")))
    op = attributes.pop("sentry.op", "")
    told = field(sent, "status")
    status, message = ("error", "") if told == "error" else _status(told, op)
    return SentSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=span_id_of(sent.get("parent_span_id")),
        ts_ns=ts_ns,
        duration_ns=duration_ns,
        name=_plain(text_of(sent.get("name")) or attributes.get("sentry.description", "")) or op,
        kind=_kind(sent, attributes),
        op=op,
        status=status,
        status_message=attributes.get("sentry.status.message", "") or message,
        is_entry=sent.get("is_segment") is True,
        transaction=attributes.get("sentry.segment.name", ""),
        attributes=attributes,
        links=[*_links(sent.get("links"))],
    )


def _plain(name: str) -> str:
    """A name that is an address goes without its query: it would be another for each visitor."""
    is_address = name.startswith(("http://", "https://"))
    return name.partition("?")[0].partition("#")[0] if is_address else name


def _kind(sent: dict[str, object], attributes: dict[str, str]) -> str:
    told = (field(sent, "kind") or attributes.pop("sentry.kind", "")).lower()
    return told if told in {"internal", "server", "client", "producer", "consumer"} else ""


def _status(told: str, op: str) -> tuple[str, str]:
    """(unset, ok or error; Sentry's word where it says more)."""
    if told in _NEITHER:
        return "unset", told if told == "cancelled" else ""
    if told == "ok":
        return "ok", ""
    if told in _SERVERS_REFUSALS and op.startswith("http.server"):
        return "unset", told
    return "error", told


def _origin_of_event(event: dict[str, object], facts: Facts) -> SpanOrigin:
    sdk = object_of(event.get("sdk"))
    otel = object_of(object_of(object_of(event.get("contexts")).get("otel")).get("resource"))
    sampled = object_of(facts.header.trace)
    release = field(event, "release") or field(sampled, "release")
    attributes = {
        "sentry.platform": field(event, "platform"),
        "sentry.sdk.name": field(sdk, "name"),
        "sentry.sdk.version": field(sdk, "version"),
        "sentry.dist": field(event, "dist"),
    }
    return SpanOrigin(
        service=_clean(_service(field(otel, "service.name"), release), facts),
        environment=_clean(field(event, "environment") or field(sampled, "environment"), facts),
        release=_clean(release, facts),
        host=_clean(field(event, "server_name"), facts),
        attributes={name: _clean(value, facts) for name, value in attributes.items() if value},
        source=_SOURCE,
    )


def _service(told: str, release: str) -> str:
    is_default = told.startswith(_NO_SERVICES[1:]) or told in _NO_SERVICES
    return service_of(release) or told if is_default else told or service_of(release)


def _clean(text: str, facts: Facts) -> str:
    """`shop@1.2.3` is no e-mail address, so what looks like a release stays."""
    return text if service_of(text) else facts.scrubber.scrub_text(text)


def _request(request: dict[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    if url := text_of(request.get("url")):
        found["url.full"] = url
    if method := field(request, "method", most=20):
        found["http.request.method"] = method
    for name, value in object_of(request.get("headers")).items():
        found[f"http.request.header.{name.lower()}"] = text_of(value)
    if query := text_of(request.get("query_string")):
        found["url.query"] = query
    return found


def _tags(sent: object) -> dict[str, str]:
    """Tags as an object or as a list of pairs."""
    if isinstance(sent, dict):
        return {name: text_of(value) for name, value in sent.items() if value is not None}
    pairs = (each for each in list_of(sent) if isinstance(each, list) and len(each) == 2)
    return {text_of(name): text_of(value) for name, value in pairs}


def _measurements(sent: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, each in object_of(sent).items():
        if isinstance(each, dict) and each.get("value") is not None:
            found[f"measurement.{name}"] = text_of(each["value"])
            unit = text_of(each.get("unit"))
            if unit not in {"", "none"}:
                found[f"measurement.{name}.unit"] = unit
    return found


def _flat(name: str, context: dict[str, object]) -> dict[str, str]:
    """A context's fields as `os.name`; what is nested in them as JSON."""
    return {
        f"{name}.{key}": text_of(value)
        for key, value in context.items()
        if value is not None and key != "type"
    }


def _breadcrumbs(event: dict[str, object], start_ns: int) -> Iterator[SpanEvent]:
    sent = event.get("breadcrumbs")
    for each in list_of(sent if isinstance(sent, list) else object_of(sent).get("values")):
        crumb = object_of(each)
        data = {f"data.{k}": text_of(v) for k, v in object_of(crumb.get("data")).items()}
        told = {name: field(crumb, name, most=4_096) for name in ("type", "level", "message")}
        yield SpanEvent(
            ts_ns=instant_ns(crumb.get("timestamp")) or start_ns,
            name=field(crumb, "category") or field(crumb, "type") or "breadcrumb",
            attributes={**{name: text for name, text in told.items() if text}, **data},
        )


def _links(sent: object) -> Iterator[SpanLink]:
    for each in list_of(sent):
        link = object_of(each)
        trace_id, span_id = trace_id_of(link.get("trace_id")), span_id_of(link.get("span_id"))
        if trace_id and span_id:
            yield SpanLink(
                trace_id=trace_id,
                span_id=span_id,
                attributes=attributes_of(link.get("attributes")),
            )


def _value(attributes: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")


def _popped(attributes: dict[str, str], names: tuple[str, ...]) -> str:
    """The first of these attributes, which goes."""
    for name in names:
        if name in attributes:
            return attributes.pop(name)
    return ""
