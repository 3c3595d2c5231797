"""`check_in` items: runs of scheduled jobs."""

from __future__ import annotations

import re

import orjson

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.envelope_rows import CheckInRow
from watchkeeper.ingest.pipeline import trace_id_of
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.values import duration_ms, field, object_of, placed_ms
from watchkeeper.model import Kind

STATUSES = frozenset({"in_progress", "ok", "error", "missed", "timeout"})
_NOT_SLUG = re.compile(r"[^a-z0-9_-]+")


def take_check_in(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """One message about one run."""
    monitor, status = slug_of(field(payload, "monitor_slug")), field(payload, "status")
    if not monitor or status not in STATUSES:
        kept.drops[Drop.MALFORMED] += 1
        return
    trace = object_of(object_of(payload.get("contexts")).get("trace"))
    config = object_of(payload.get("monitor_config"))
    kept.add(
        Kind.CHECK_INS,
        CheckInRow(
            ts=placed_ms(payload.get("timestamp") or facts.header.sent_at, facts.arrival),
            check_in_id=trace_id_of(payload.get("check_in_id")) or facts.new_id().hex,
            monitor=monitor,
            status=status,
            duration_ms=duration_ms(payload.get("duration")),
            environment=facts.scrubber.scrub_text(field(payload, "environment")),
            release=field(payload, "release"),
            trace_id=trace_id_of(trace.get("trace_id")),
            config=facts.scrubber.scrub_text(orjson.dumps(config).decode()).encode()
            if config
            else b"",
        ),
    )


def slug_of(name: str) -> str:
    """A monitor's name as Sentry's SDKs and API write it: `Nightly Job` is `nightly-job`."""
    return _NOT_SLUG.sub("-", name.lower()).strip("-")[:50]
