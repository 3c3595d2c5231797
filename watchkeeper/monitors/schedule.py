"""When a job is due: crontab lines and intervals, in the job's own time zone. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim, CronSimError

from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS

DEFAULT_MARGIN_MIN = 1
DEFAULT_MAX_RUNTIME_MIN = 30
MOST_RUNS_IN_A_ROW = 720
"""Largest threshold."""
_MOST_MINUTES = 40_320
_LONGEST_OWNER = 200
_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DELTAS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "year": 12}
_MOST_STEPS = 100_000
"""Longest interval in its unit."""


class ScheduleKind(StrEnum):
    """How a schedule is written."""

    CRONTAB = "crontab"
    INTERVAL = "interval"


class BadSchedule(ValueError):
    """Nobody can say when such a job is due; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When runs begin. expression: of a crontab; every, unit: of an interval."""

    kind: ScheduleKind
    expression: str = ""
    every: int = 0
    unit: str = ""

    def text(self) -> str:
        """As people read it: `0 2 * * *`, `every 2 hours`."""
        if self.kind is ScheduleKind.CRONTAB:
            return self.expression
        return f"every {self.unit}" if self.every == 1 else f"every {self.every} {self.unit}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorConfig:
    """What a job says of itself. schedule: None where nothing that can be read was told.

    margin_min: how late a run may begin; max_runtime_min: how long it may take. failures: runs in a
    row that were no success and make an issue; recoveries: runs in a row that were, and resolve it.
    owner: who the issue is given to, `user:` and an e-mail address; others are only shown. error:
    why the schedule cannot be read; empty otherwise.
    """

    schedule: Schedule | None = None
    timezone: str = "UTC"
    margin_min: int = DEFAULT_MARGIN_MIN
    max_runtime_min: int = DEFAULT_MAX_RUNTIME_MIN
    failures: int = 1
    recoveries: int = 1
    owner: str = ""
    error: str = ""

    @property
    def margin_ms(self) -> int:
        return self.margin_min * MINUTE_MS

    @property
    def max_runtime_ms(self) -> int:
        return self.max_runtime_min * MINUTE_MS

    @property
    def owner_email(self) -> str:
        """Address of the person who owns the job; empty if none is told."""
        kind, _, who = self.owner.partition(":")
        return who if kind == "user" and "@" in who else ""

    @property
    def is_crontab(self) -> bool:
        """True if runs are due at times of the clock."""
        return self.schedule is not None and self.schedule.kind is ScheduleKind.CRONTAB

    def next_ms(self, after_ms: int) -> int | None:
        """When the next run is due after an instant; None without a schedule or an end of it."""
        if self.schedule is None:
            return None
        if self.schedule.kind is ScheduleKind.CRONTAB:
            return _next_cron(self.schedule.expression, self.timezone, after_ms)
        return _next_interval(self.schedule, self.timezone, after_ms)


class _Sent(msgspec.Struct):
    type: str = ""
    value: str | int | float = ""
    unit: str = ""


class _Config(msgspec.Struct):
    schedule: _Sent | None = None
    timezone: str | None = None
    checkin_margin: int | float | None = None
    max_runtime: int | float | None = None
    failure_issue_threshold: int | float | None = None
    recovery_threshold: int | float | None = None
    owner: str | None = None


_decode = msgspec.json.Decoder(_Config, strict=False).decode


def config_of(sent: bytes | str) -> MonitorConfig:
    """What `monitor_config` of a check-in says; it never raises, `error` tells what is wrong."""
    try:
        read = _decode(sent)
    except (msgspec.MsgspecError, RecursionError):
        return MonitorConfig(error="The monitor_config cannot be read: see Sentry's format.")
    timezone = read.timezone or "UTC"
    try:
        ZoneInfo(timezone)
        schedule = None if read.schedule is None else _schedule_of(read.schedule)
    except BadSchedule as error:
        return _of(read, None, "UTC", str(error))
    except (KeyError, ValueError, OSError):
        return _of(read, None, "UTC", f"There is no time zone {timezone[:60]!r}.")
    return _of(read, schedule, timezone, "")


def _of(read: _Config, schedule: Schedule | None, timezone: str, error: str) -> MonitorConfig:
    return MonitorConfig(
        schedule=schedule,
        timezone=timezone,
        margin_min=_minutes(read.checkin_margin, DEFAULT_MARGIN_MIN),
        max_runtime_min=_minutes(read.max_runtime, DEFAULT_MAX_RUNTIME_MIN),
        failures=_in_a_row(read.failure_issue_threshold),
        recoveries=_in_a_row(read.recovery_threshold),
        owner=(read.owner or "")[:_LONGEST_OWNER],
        error=error,
    )


def _minutes(told: int | float | None, default: int) -> int:
    """At least one: what is due this very minute is not late yet."""
    if told is None or not 0 < told <= _MOST_MINUTES:
        return default
    return max(1, round(told))


def _in_a_row(told: int | float | None) -> int:
    if told is None or not 1 <= told <= MOST_RUNS_IN_A_ROW:
        return 1
    return int(told)


def _schedule_of(sent: _Sent) -> Schedule:
    if sent.type == ScheduleKind.CRONTAB:
        text = " ".join(str(sent.value).split())
        expression = _ALIASES.get(text.lower(), text)
        if len(expression.split()) != 5 or _next_cron(expression, "UTC", 0) is None:
            raise BadSchedule(f"{text[:60]!r} is no crontab line of five fields.")
        return Schedule(kind=ScheduleKind.CRONTAB, expression=text)
    if sent.type == ScheduleKind.INTERVAL:
        unit = sent.unit.lower().removesuffix("s")
        every = int(sent.value) if str(sent.value).isdecimal() and len(str(sent.value)) < 9 else 0
        if unit not in {*_DELTAS, *_MONTHS} or not 1 <= every <= _MOST_STEPS:
            raise BadSchedule("An interval is a whole number of minutes, hours, days, … or years.")
        return Schedule(kind=ScheduleKind.INTERVAL, every=every, unit=unit)
    raise BadSchedule(f"A schedule is a crontab or an interval, not {sent.type[:60]!r}.")


def _next_cron(expression: str, timezone: str, after_ms: int) -> int | None:
    """None for a line that nobody can read, and for one that is never due again."""
    line = _ALIASES.get(expression.lower(), expression)
    after = datetime.fromtimestamp(after_ms / SECOND_MS, ZoneInfo(timezone))
    try:
        due = next(CronSim(line, after))
    except (CronSimError, StopIteration):
        return None
    return round(due.timestamp() * SECOND_MS)


def _next_interval(schedule: Schedule, timezone: str, after_ms: int) -> int:
    """Days and longer are days of the calendar there: 09:00 stays 09:00 when clocks change."""
    delta = _DELTAS.get(schedule.unit)
    if schedule.unit in {"minute", "hour"} and delta is not None:
        return after_ms + round(schedule.every * delta.total_seconds() * SECOND_MS)
    wall = datetime.fromtimestamp(after_ms / SECOND_MS, ZoneInfo(timezone))
    try:
        later = (
            _months_later(wall, schedule.every * _MONTHS[schedule.unit])
            if delta is None
            else wall + schedule.every * delta
        )
    except (OverflowError, ValueError):
        later = datetime(9999, 12, 31, tzinfo=UTC)
    return round(later.timestamp() * SECOND_MS)


def _months_later(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)
