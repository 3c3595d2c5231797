"""Samples and the labels of their series, whole arrays at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Insert, Plan, Refused, lower_watermark
from watchkeeper.ingest.rows import (
    Ids,
    SeriesRow,
    decode_series,
    encode_samples,
    encode_series,
    sample_views,
)
from watchkeeper.ingest.sinks.by_day import DAYS_AN_INSERT
from watchkeeper.ingest.sinks.named_days import NamedDays
from watchkeeper.ingest.sinks.series_rows import LATEST_MS, ROW_KINDS, SeriesRows, series_rows
from watchkeeper.ingest.sinks.sorted_samples import (
    Block,
    SortedSamples,
    sorted_samples,
    split_by_days,
)
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import (
    METRIC_NAME,
    Cut,
    Kind,
    Labels,
    LiveEvent,
    LiveTopic,
    Record,
    labels_of,
)
from watchkeeper.store.columns import SAMPLES, SERIES, Columns, encode_rows

ROLLED_UP = "rolled_up"
"""Watermark: samples before it are in the roll-ups; a late sample moves it back."""

"""The store refuses an insert into more than 100 partitions, at every retry."""

_SERIES_COLUMNS = ("project_id", "day", "metric", "series_id", "labels")
_SAMPLE_COLUMNS = ("project_id", "series_id", "ts", "value")
_LOOKED_UP_AT_ONCE = 5_000

Row = tuple[int, int, str, int, dict[str, str]]
"""(project_id, day, metric, series_id, labels) as the table `series` has them."""

Key = tuple[int, int]
"""(project_id, series_id)"""

Announced = dict[Key, tuple[int, Labels]]
"""Day of arrival and labels of series."""

Late = list[tuple[int, int, Ids]]
"""(project_id, day, series): sorted ids that have samples on a day they are not named on yet."""


class SampleSink:
    """Series and what belongs to them: samples, native histograms, exemplars.

    A series is announced on the day of arrival. Samples of other days (late or backfilled) name
    their series on those days too; labels announced in an earlier cut are read from `columns`.
    """

    kinds = frozenset({Kind.SERIES, Kind.SAMPLES, *ROW_KINDS})

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._named = NamedDays()

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        dead: list[DeadLetter] = []
        blocks = [block for r in records if r.kind is Kind.SAMPLES for block in _blocks(r, dead)]
        samples = sorted_samples(blocks) if blocks else None
        others = series_rows(records, dead)
        announced = _announced([r for r in records if r.kind is Kind.SERIES], dead)
        late = self._late(samples, others, {r.received_ms // DAY_MS for r in records})
        rows = [_row(key, day, labels) for key, (day, labels) in announced.items()]
        rows += self._late_rows(late, announced)
        received_ms = records[0].received_ms
        inserts = [_series_insert(rows, received_ms)] if rows else []
        if samples is not None:
            inserts += _sample_inserts(samples, received_ms)
        inserts += [insert for one in others for insert in one.inserts()]
        return Plan(inserts=inserts, apply=_Afterwards(samples, late, self._named), dead=dead)

    def _late(
        self, samples: SortedSamples | None, others: Sequence[SeriesRows], arrival_days: set[int]
    ) -> Late:
        found: dict[Key, list[Ids]] = {}
        if samples is not None:
            projects, series, days = samples.series_days()
            for project_id in samples.by_project():
                for day in np.unique(days).tolist():
                    chosen = series[(days == day) & (projects == project_id)]
                    found.setdefault((project_id, day), []).append(chosen)
        for project_id, identity, day in (row for one in others for row in one.late_days()):
            found.setdefault((project_id, day), []).append(np.array([identity], np.uint64))
        late: Late = []
        for (project_id, day), parts in found.items():
            if arrival_days != {day}:  # else the announcement of that day names them
                ids = self._named.unnamed(project_id, day, np.unique(np.concatenate(parts)))
                late += [(project_id, day, ids)] if len(ids) else []
        return late

    def _late_rows(self, late: Late, announced: Announced) -> list[Row]:
        """The rows that name late series; what has no labels yet leaves `late`."""
        keys = [(project_id, one) for project_id, _day, ids in late for one in ids.tolist()]
        known = {key: announced[key][1] for key in keys if key in announced}
        known |= self._stored_labels(sorted({key for key in keys if key not in known}))
        rows: list[Row] = []
        for at, (project_id, day, ids) in enumerate(late):
            named = [one for one in ids.tolist() if (project_id, one) in known]
            late[at] = project_id, day, np.array(named, np.uint64)
            rows += [_row((project_id, one), day, known[project_id, one]) for one in named]
        return rows

    def _stored_labels(self, keys: Sequence[Key]) -> dict[Key, Labels]:
        found: dict[Key, Labels] = {}
        for start in range(0, len(keys), _LOOKED_UP_AT_ONCE):
            some = keys[start : start + _LOOKED_UP_AT_ONCE]
            params = {
                "projects": sorted({project_id for project_id, _series in some}),
                "ids": [series for _project, series in some],
            }
            for project_id, series, labels in self._columns.rows(_LABELS_SQL, params):
                found[int(project_id), int(series)] = labels_of(labels)
        return found


_LABELS_SQL = """
SELECT project_id, series_id, any(labels) FROM series
WHERE project_id IN {projects:Array(UInt32)} AND series_id IN {ids:Array(UInt64)}
GROUP BY project_id, series_id ORDER BY project_id, series_id
"""


def _blocks(record: Record, dead: list[DeadLetter]) -> Iterator[Block]:
    """The samples of a record whose time the store can hold; the others become letters."""
    try:
        series, ts_ms, values = sample_views(record.payload)
    except ValueError as error:
        dead.append(DeadLetter(record, "unreadable", str(error)))
        return
    if not len(series):
        return
    if ts_ms.min() >= 0 and ts_ms.max() < LATEST_MS:
        yield Block(record.project_id, series, ts_ms, values)
        return
    ts_ms = np.broadcast_to(ts_ms, series.shape)
    is_bad = (ts_ms < 0) | (ts_ms >= LATEST_MS)
    payload = encode_samples(series[is_bad], ts_ms[is_bad], values[is_bad])
    letter = Record(record.kind, record.project_id, record.received_ms, payload)
    dead.append(DeadLetter(letter, "time_out_of_range", f"{ts_ms[is_bad][0]} ms"))
    if not is_bad.all():
        good = ~is_bad
        yield Block(record.project_id, series[good], ts_ms[good], values[good])


def _sample_inserts(samples: SortedSamples, received_ms: int) -> Iterator[Insert]:
    first_row = 0
    for number, part in enumerate(split_by_days(samples, DAYS_AN_INSERT)):
        yield Insert(
            table=SAMPLES.name,
            columns=_SAMPLE_COLUMNS,
            rows=len(part),
            encode=part.native,
            record_of=_SingleSample(part, received_ms),
            part=number,
            first_row=first_row,
            fmt="Native",
        )
        first_row += len(part)


@dataclass(frozen=True, slots=True)
class _SingleSample:
    """The record to keep of one refused row."""

    part: SortedSamples
    received_ms: int

    def __call__(self, row: int) -> Record:
        span, part = slice(row, row + 1), self.part
        payload = encode_samples(part.series[span], part.ts_ms[span], part.values[span])
        return Record(Kind.SAMPLES, int(part.projects[row]), self.received_ms, payload)


def _announced(records: Iterable[Record], dead: list[DeadLetter]) -> Announced:
    """Day of arrival and labels of the series that these records announce."""
    found: Announced = {}
    for record in records:
        try:
            rows = decode_series(record.payload)
        except msgspec.MsgspecError as error:
            dead.append(DeadLetter(record, "unreadable", str(error)))
            continue
        day = record.received_ms // DAY_MS
        found |= {(record.project_id, row.series_id): (day, row.labels) for row in rows}
    return found


def _row(key: Key, day: int, labels: Labels) -> Row:
    by_name = dict(labels)
    return key[0], day, by_name.get(METRIC_NAME, ""), key[1], by_name


def _series_insert(rows: list[Row], received_ms: int) -> Insert:
    return Insert(
        table=SERIES.name,
        columns=_SERIES_COLUMNS,
        rows=len(rows),
        encode=lambda start, end: encode_rows(SERIES, _SERIES_COLUMNS, rows[start:end]),
        record_of=lambda row: _announcement(rows[row], received_ms),
    )


def _announcement(row: Row, received_ms: int) -> Record:
    project_id, _day, _metric, series, labels = row
    payload = encode_series([SeriesRow(series, labels_of(labels))])
    return Record(Kind.SERIES, project_id, received_ms, payload)


@dataclass(frozen=True, slots=True)
class _Afterwards:
    """Tells open pages how many samples came to which project, and the roll-ups what is late."""

    samples: SortedSamples | None
    late: Late
    named: NamedDays

    def __call__(self, conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        for project_id, day, series in self.late:
            self.named.add(project_id, day, series)
        if self.samples is None or not len(self.samples):
            return ()
        oldest_ms = int(self.samples.ts_ms.min())
        lower_watermark(conn, ROLLED_UP, (oldest_ms - 1) // HOUR_MS * HOUR_MS)
        counts = self.samples.by_project()
        return [LiveEvent(p, LiveTopic.SAMPLES, {"samples": n}) for p, n in counts.items()]
