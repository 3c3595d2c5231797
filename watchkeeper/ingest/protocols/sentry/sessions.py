"""`session` and `sessions` items: how releases fare."""

from __future__ import annotations

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.envelope_rows import SessionRow
from watchkeeper.ingest.pipeline import trace_id_of
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.people import key_of_distinct_id
from watchkeeper.ingest.protocols.sentry.values import (
    count_of,
    duration_ms,
    field,
    instant_ns,
    list_of,
    object_of,
    placed_ms,
)
from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.model import Kind

_CRASHED = frozenset({"crashed"})
_ABNORMAL = frozenset({"abnormal"})
_ENDED_BY_ERROR = frozenset({"errored", "unhandled"})
_STATUSES = frozenset({"ok", "exited", "crashed", "abnormal", "errored", "unhandled", "degraded"})


def take_session(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """One state of one session."""
    attributes = object_of(payload.get("attrs"))
    release, status = field(attributes, "release"), field(payload, "status") or "ok"
    session_id = trace_id_of(payload.get("sid"))
    if not session_id or not release or status not in _STATUSES:
        kept.drops[Drop.MALFORMED] += 1
        return
    errors = count_of(payload.get("errors"))
    is_crashed, is_abnormal = status in _CRASHED, status in _ABNORMAL
    has_failed = bool(errors) or status in _ENDED_BY_ERROR
    kept.add(
        Kind.SESSIONS,
        SessionRow(
            ts=placed_ms(payload.get("started"), facts.arrival),
            session_id=session_id,
            user_key=key_of_distinct_id(payload.get("did"), facts.people),
            seq=_seq(payload, facts),
            status=status,
            duration_ms=duration_ms(payload.get("duration")),
            errors=errors,
            sessions=1,
            errored=int(has_failed and not is_crashed and not is_abnormal),
            abnormal=int(is_abnormal),
            crashed=int(is_crashed),
            release=release,
            environment=field(attributes, "environment"),
        ),
    )


def take_sessions(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """Sums of sessions that ended, a row each."""
    attributes = object_of(payload.get("attrs"))
    release, environment = field(attributes, "release"), field(attributes, "environment")
    for each in list_of(payload.get("aggregates")):
        group = object_of(each)
        errored = count_of(group.get("errored")) + count_of(group.get("unhandled"))
        abnormal, crashed = count_of(group.get("abnormal")), count_of(group.get("crashed"))
        total = count_of(group.get("exited")) + errored + abnormal + crashed
        if not release or not 0 < total < 2**32:
            kept.drops[Drop.MALFORMED] += 1
            continue
        kept.add(
            Kind.SESSIONS,
            SessionRow(
                ts=placed_ms(group.get("started"), facts.arrival),
                session_id=f"sum-{facts.new_id().hex}",
                user_key=key_of_distinct_id(group.get("did"), facts.people),
                seq=0,
                status="exited",
                duration_ms=0,
                errors=errored,
                sessions=total,
                errored=errored,
                abnormal=abnormal,
                crashed=crashed,
                release=release,
                environment=environment,
            ),
        )


def _seq(payload: dict[str, object], facts: Facts) -> int:
    """Grows from state to state: told, else the time of the state; a last one wins a tie."""
    told = count_of(payload.get("seq"), most=2**62)
    if told:
        return told
    at_ns = instant_ns(payload.get("timestamp"))
    at_ms = facts.arrival.received_ms if at_ns is None else max(0, at_ns // NS_A_MS)
    return at_ms * 2 + int(field(payload, "status") != "ok")
