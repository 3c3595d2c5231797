"""`profile` (of one transaction) and `profile_chunk` (of a continuous profiler) items."""

from __future__ import annotations

from typing import TypeGuard, cast

import orjson

from watchkeeper.ingest.envelope_rows import ProfileRow
from watchkeeper.ingest.pipeline import Arrival, span_id_of, trace_id_of
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.values import (
    count_of,
    field,
    instant_ns,
    list_of,
    object_of,
    placed_ns,
    service_of,
)
from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.model import Kind
from watchkeeper.privacy import Json

_NUMBERS = ("samples", "stacks")
"""Lists of numbers, by far the most of a profile, in which nothing can be a secret."""


def take_profile(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """A profile of version 1 or a chunk of version 2; other versions are kept as they come."""
    profile = object_of(payload.get("profile"))
    several = [object_of(each) for each in list_of(payload.get("transactions"))]
    transaction = object_of(payload.get("transaction")) or (several[0] if several else {})
    trace = object_of(object_of(payload.get("contexts")).get("trace"))
    start_ns, duration_ns = _span_of(payload, profile, facts.arrival)
    profiler_id = trace_id_of(payload.get("profiler_id"))
    own_id = payload.get("event_id") or payload.get("profile_id")
    profile_id = trace_id_of(payload.get("chunk_id") if profiler_id else own_id)
    name = field(transaction, "name") or field(payload, "transaction_name")
    release = field(payload, "release")
    kept.add(
        Kind.PROFILES,
        ProfileRow(
            ts=start_ns // NS_A_MS,
            duration_ns=duration_ns,
            profile_id=profile_id or facts.new_id().hex,
            profiler_id=profiler_id,
            trace_id=_trace_of(payload, transaction, trace),
            span_id=span_id_of(trace.get("span_id")) or _root_of(transaction, kept),
            transaction=facts.scrubber.scrub_text(name),
            platform=field(payload, "platform"),
            service=service_of(release),
            environment=field(payload, "environment"),
            release=release,
            host=facts.scrubber.scrub_text(field(payload, "server_name")),
            format="sentry-2" if profiler_id else "sentry-1",
            payload=_scrubbed(payload, profile, facts),
        ),
    )


def _span_of(
    payload: dict[str, object], profile: dict[str, object], arrival: Arrival
) -> tuple[int, int]:
    """(start, duration) in ns of the samples."""
    samples = [object_of(each) for each in list_of(profile.get("samples"))]
    instants = [at for each in samples if (at := instant_ns(each.get("timestamp"))) is not None]
    if instants:
        first, last = min(instants) / 1e9, max(instants) / 1e9
        return placed_ns(first, last, arrival)
    elapsed = [count_of(_number(each), most=2**62) for each in samples]
    start_ns, _ = placed_ns(payload.get("timestamp"), None, arrival)
    return start_ns, max(elapsed, default=0) or _whole(payload.get("duration_ns"))


def _root_of(transaction: dict[str, object], kept: Kept) -> str:
    """The root span of the transaction, which comes in the same envelope."""
    event_id = field(transaction, "id")
    for span in kept.spans if event_id else ():
        if span.is_entry and span.attributes.get("sentry.event_id") == event_id:
            return span.span_id
    return ""


def _trace_of(
    payload: dict[str, object], transaction: dict[str, object], trace: dict[str, object]
) -> str:
    """The trace of a profile's transaction; Android's profiles name it themselves."""
    told = (transaction.get("trace_id"), trace.get("trace_id"), payload.get("trace_id"))
    return next(filter(None, map(trace_id_of, told)), "")


def _number(sample: dict[str, object]) -> object:
    """JavaScript's SDKs write the nanoseconds as text."""
    sent = sample.get("elapsed_since_start_ns")
    return int(sent) if _is_digits(sent) else sent


def _is_digits(sent: object) -> TypeGuard[str]:
    return isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) < 20


def _whole(sent: object) -> int:
    """Nanoseconds as a number or as text; 0 for what is neither."""
    return count_of(int(sent) if _is_digits(sent) else sent, most=2**62)


def _scrubbed(payload: dict[str, object], profile: dict[str, object], facts: Facts) -> bytes:
    numbers = {name: profile.pop(name) for name in _NUMBERS if _is_numbers(profile.get(name))}
    facts.scrubber.scrub_event(cast("dict[str, Json]", payload))
    profile.update(numbers)
    return orjson.dumps(payload)


def _is_numbers(found: object) -> bool:
    """True for lists (of lists, or of flat objects) that hold numbers and short ids alone."""
    for each in list_of(found):
        values = each.values() if isinstance(each, dict) else list_of(each)
        if any(isinstance(v, dict | list) or (isinstance(v, str) and len(v) > 20) for v in values):
            return False
    return isinstance(found, list)
