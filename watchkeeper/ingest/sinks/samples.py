"""Samples and the labels of their series, whole arrays at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Insert, Plan, Refused, lower_watermark
from watchkeeper.ingest.rows import SeriesRow, decode_series, encode_series
from watchkeeper.ingest.sinks.series_rows import LATEST_MS, ROW_KINDS, SeriesRows, series_rows
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
from watchkeeper.store.columns import SAMPLES, SERIES, Columns, encode_rows, samples_block

ROLLED_UP = "rolled_up"
"""Watermark: samples before it are in the roll-ups; a late sample moves it back."""

DAYS_AN_INSERT = 50
"""The store refuses an insert into more than 100 partitions, at every retry."""

_COUNT = np.dtype("<u4")
_SAMPLE_BYTES = 24
_SERIES_COLUMNS = ("project_id", "day", "metric", "series_id", "labels")
_SAMPLE_COLUMNS = ("project_id", "series_id", "ts", "value")
_LOOKED_UP_AT_ONCE = 5_000

Row = tuple[int, int, str, int, dict[str, str]]
"""(project_id, day, metric, series_id, labels) as the table `series` has them."""

Key = tuple[int, int]
"""(project_id, series_id)"""


@dataclass(frozen=True, slots=True)
class SampleArrays:
    """Samples of a cut, side by side. record: index of the record each one came with."""

    projects: NDArray[np.uint32]
    series: NDArray[np.uint64]
    ts_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    record: NDArray[np.int64]

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> SampleArrays:
        return SampleArrays(
            self.projects[chosen],
            self.series[chosen],
            self.ts_ms[chosen],
            self.values[chosen],
            self.record[chosen],
        )

    def block(self, start: int, end: int) -> bytes:
        """RowBinary of samples [start, end)."""
        span = slice(start, end)
        return samples_block(
            self.projects[span], self.series[span], self.ts_ms[span], self.values[span]
        )


class SampleSink:
    """Series and what belongs to them: samples, native histograms, exemplars.

    A series is announced on the day of arrival. Samples of other days (late or backfilled) name
    their series on those days too; labels announced in an earlier cut are read from `columns`.
    """

    kinds = frozenset({Kind.SERIES, Kind.SAMPLES, *ROW_KINDS})

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        dead: list[DeadLetter] = []
        blocks = [r for r in records if r.kind is Kind.SAMPLES and _is_whole(r, dead)]
        samples = _in_range(_concatenated(blocks), blocks, dead) if blocks else None
        announced = _announced([r for r in records if r.kind is Kind.SERIES], dead)
        rows = [_row(key, day, labels) for key, (day, labels) in announced.items()]
        others = series_rows(records, dead)
        rows += self._late_rows(_late_days(samples, blocks, others), announced)
        inserts = [_series_insert(rows, records[0].received_ms)] if rows else []
        oldest_ms = None
        if samples is not None and len(samples.ts_ms):
            inserts += _sample_inserts(samples, blocks)
            oldest_ms = int(samples.ts_ms.min())
        inserts += [insert for one in others for insert in one.inserts()]
        return Plan(inserts=inserts, apply=_Announcing(blocks, oldest_ms), dead=dead)

    def _late_rows(
        self, late: dict[Key, list[int]], announced: dict[Key, tuple[int, Labels]]
    ) -> list[Row]:
        known = {key: announced[key][1] for key in late if key in announced}
        known |= self._stored_labels([key for key in late if key not in announced])
        return [
            _row(key, day, known[key]) for key, days in late.items() if key in known for day in days
        ]

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


def _is_whole(record: Record, dead: list[DeadLetter]) -> bool:
    payload = record.payload
    count = int.from_bytes(payload[:4], "little") if len(payload) >= 4 else -1
    if len(payload) == 4 + _SAMPLE_BYTES * count:
        return True
    dead.append(DeadLetter(record, "unreadable", f"{len(payload)} bytes for {count} samples"))
    return False


def _concatenated(blocks: Sequence[Record]) -> SampleArrays:
    counts = np.array([(len(r.payload) - 4) // _SAMPLE_BYTES for r in blocks], dtype=np.int64)
    projects = np.array([r.project_id for r in blocks], dtype=np.uint32)
    payloads = [(r.payload, int(n)) for r, n in zip(blocks, counts, strict=True)]
    return SampleArrays(
        np.repeat(projects, counts),
        np.concatenate([np.frombuffer(p, "<u8", n, 4) for p, n in payloads]),
        np.concatenate([np.frombuffer(p, "<i8", n, 4 + 8 * n) for p, n in payloads]),
        np.concatenate([np.frombuffer(p, "<f8", n, 4 + 16 * n) for p, n in payloads]),
        np.repeat(np.arange(len(blocks), dtype=np.int64), counts),
    )


def _in_range(
    samples: SampleArrays, blocks: Sequence[Record], dead: list[DeadLetter]
) -> SampleArrays:
    """The samples whose time the store can hold; the others become one letter a record."""
    wrong = (samples.ts_ms < 0) | (samples.ts_ms >= LATEST_MS)
    if not wrong.any():
        return samples
    bad = samples.take(wrong)
    for index in np.unique(bad.record).tolist():
        of_record = bad.take(bad.record == index)
        letter = _record_of(of_record, 0, len(of_record.ts_ms), blocks[index])
        dead.append(DeadLetter(letter, "time_out_of_range", f"{of_record.ts_ms[0]} ms"))
    return samples.take(~wrong)


def _sample_inserts(samples: SampleArrays, blocks: Sequence[Record]) -> Iterator[Insert]:
    first_row = 0
    for number, part in enumerate(_split_by_days(samples)):
        rows = len(part.ts_ms)
        yield Insert(
            table=SAMPLES.name,
            columns=_SAMPLE_COLUMNS,
            rows=rows,
            encode=part.block,
            record_of=_SingleSample(part, blocks),
            part=number,
            first_row=first_row,
        )
        first_row += rows


def _split_by_days(samples: SampleArrays) -> Iterator[SampleArrays]:
    if len(samples.ts_ms) == 0:
        return
    days = samples.ts_ms // DAY_MS
    if days.max() - days.min() < DAYS_AN_INSERT:
        yield samples
        return
    distinct = np.unique(days)
    for first in range(0, len(distinct), DAYS_AN_INSERT):
        group = distinct[first : first + DAYS_AN_INSERT]
        yield samples.take((days >= group[0]) & (days <= group[-1]))


@dataclass(frozen=True, slots=True)
class _SingleSample:
    """The record to keep of one refused row."""

    part: SampleArrays
    blocks: Sequence[Record]

    def __call__(self, row: int) -> Record:
        return _record_of(self.part, row, row + 1, self.blocks[int(self.part.record[row])])


def _record_of(samples: SampleArrays, start: int, end: int, origin: Record) -> Record:
    """A record of kind SAMPLES that holds samples [start, end) only."""
    payload = b"".join(
        (
            _COUNT.type(end - start).tobytes(),
            samples.series[start:end].tobytes(),
            samples.ts_ms[start:end].tobytes(),
            samples.values[start:end].tobytes(),
        )
    )
    return Record(origin.kind, origin.project_id, origin.received_ms, payload)


def _late_days(
    samples: SampleArrays | None, blocks: Sequence[Record], others: Sequence[SeriesRows]
) -> dict[Key, list[int]]:
    """Days other than that of arrival that series got samples for."""
    late = {triple for one in others for triple in one.late_days()}
    if samples is not None:
        late |= _late_samples(samples, blocks)
    found: dict[Key, list[int]] = {}
    for project_id, series, day in sorted(late):
        found.setdefault((project_id, series), []).append(day)
    return found


def _late_samples(samples: SampleArrays, blocks: Sequence[Record]) -> set[tuple[int, int, int]]:
    """(project_id, series_id, day) of samples of another day than that of their arrival."""
    arrival = np.array([r.received_ms // DAY_MS for r in blocks], dtype=np.int64)[samples.record]
    days = samples.ts_ms // DAY_MS
    is_late = days != arrival
    if not is_late.any():
        return set()
    late = samples.take(is_late)
    columns = (late.projects.astype(np.uint64), late.series, days[is_late].astype(np.uint64))
    distinct = np.unique(np.stack(columns), axis=1).T.tolist()
    return {(project_id, series, day) for project_id, series, day in distinct}


def _announced(records: Iterable[Record], dead: list[DeadLetter]) -> dict[Key, tuple[int, Labels]]:
    """Day of arrival and labels of the series that these records announce."""
    found: dict[Key, tuple[int, Labels]] = {}
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
class _Announcing:
    """Tells open pages how many samples came to which project, and the roll-ups what is late."""

    blocks: Sequence[Record]
    oldest_ms: int | None

    def __call__(self, conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        if self.oldest_ms is not None:
            lower_watermark(conn, ROLLED_UP, self.oldest_ms // HOUR_MS * HOUR_MS)
        counts: dict[int, int] = {}
        for record in self.blocks:
            samples = (len(record.payload) - 4) // _SAMPLE_BYTES
            counts[record.project_id] = counts.get(record.project_id, 0) + samples
        return [LiveEvent(p, LiveTopic.SAMPLES, {"samples": n}) for p, n in counts.items()]
