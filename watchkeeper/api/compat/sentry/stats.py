"""How many errors came, by time, as older dashboards ask."""

from __future__ import annotations

from starlette.responses import Response

from watchkeeper.api.compat.sentry.desk import Asked, instant, json_answer
from watchkeeper.api.compat.sentry.found import places
from watchkeeper.api.compat.sentry.period import period_ms
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import TimeRange

_STEPS_MS = {"10s": 10 * SECOND_MS, "1m": MINUTE_MS, "1h": HOUR_MS, "1d": DAY_MS}
_FINE_UP_TO_MS = 12 * HOUR_MS
_MOST = 1_000


def stats(asked: Asked) -> Response:
    """(Unix s, errors) in steps of `resolution`, over all projects that are asked for."""
    if asked.query.get("stat", "received") not in {"received", "generated"}:
        raise Invalid("stat must be received: what was refused is on the page Data health.")
    step_ms = _step_ms(asked)
    span = _aligned(asked, step_ms)
    buckets = span.length_ms // step_ms
    totals = [0] * buckets
    for place in places(asked):
        found = asked.desk.issues.severity_stats(place.scope, span, buckets=buckets)
        for counts in found.by_severity.values():
            for at_ms, number in zip(found.times_ms, counts, strict=True):
                slot = (at_ms - span.start_ms) // step_ms
                if 0 <= slot < buckets:
                    totals[slot] += number
    return json_answer(
        [((span.start_ms + n * step_ms) // SECOND_MS, each) for n, each in enumerate(totals)]
    )


def _step_ms(asked: Asked) -> int:
    told = asked.query.get("resolution", "1h")
    if told not in _STEPS_MS:
        raise Invalid(f"resolution must be one of {', '.join(_STEPS_MS)}.")
    return _STEPS_MS[told]


def _aligned(asked: Asked, step_ms: int) -> TimeRange:
    now_ms = asked.desk.clock()
    until_ms = _instant(asked, "until") or now_ms
    usual_ms = 30 * DAY_MS if step_ms == DAY_MS else min(DAY_MS, 360 * step_ms)
    length_ms = period_ms(asked.query.get("statsPeriod", ""), "statsPeriod") or usual_ms
    since_ms = _instant(asked, "since") or until_ms - length_ms
    if since_ms >= until_ms:
        raise Invalid("since must lie before until.")
    span = TimeRange(since_ms // step_ms * step_ms, -(-until_ms // step_ms) * step_ms)
    if span.length_ms // step_ms > _MOST:
        raise Invalid(f"Over {_MOST:,} steps: ask for a shorter range or a longer resolution.")
    if step_ms < HOUR_MS and span.length_ms > _FINE_UP_TO_MS:
        raise Invalid("Errors are counted finer than by the hour for 12 hours at most.")
    return span


def _instant(asked: Asked, name: str) -> int | None:
    """Unix ms of Unix seconds or of ISO 8601."""
    told = asked.query.get(name, "")
    return instant(float(told) if told.replace(".", "", 1).isdecimal() else told, name)
