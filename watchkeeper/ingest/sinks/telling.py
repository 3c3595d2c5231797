"""A sink that tells who keeps samples in memory what was stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec
import numpy as np
from sqlalchemy import Connection

from watchkeeper.ingest.digest import Plan, Refused, Sink
from watchkeeper.ingest.rows import (
    Ids,
    Times,
    Values,
    decode_histograms,
    decode_samples,
    decode_series,
)
from watchkeeper.ingest.sinks.series_rows import LATEST_MS
from watchkeeper.model import Cut, Kind, Labels, LiveEvent, Record

Announced = tuple[int, int, Labels]
"""(project_id, series_id, labels)"""


class StoredListener(Protocol):
    """Is told what can be read from the columns from now on; perhaps twice, after a failure."""

    def announced(self, series: Sequence[Announced]) -> None:
        """These series are there."""
        ...

    def wants(self, project_id: int) -> bool:
        """False if samples of the project need not be told: nothing of it is held or being read."""
        ...

    def samples(self, project_id: int, series: Ids, ts_ms: Times, values: Values) -> None:
        """Samples of one project, side by side."""
        ...

    def histograms(self, project_id: int, series: Ids) -> None:
        """These series have new native histograms."""
        ...

    def forget(self) -> None:
        """The columns changed in a way that is not told row by row."""
        ...


class TellingSink:
    """Another sink, and a listener that is told of each cut once its inserts are done."""

    def __init__(self, sink: Sink, listener: StoredListener) -> None:
        self._sink = sink
        self._listener = listener

    @property
    def kinds(self) -> frozenset[Kind]:
        return self._sink.kinds

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        plan = self._sink.plan(cut, records, conn)
        return replace(plan, apply=_Telling(plan, records, self._listener))


@dataclass(frozen=True, slots=True)
class _Telling:
    """The plan's own change of meta; then the listener is told."""

    plan: Plan
    records: Sequence[Record]
    listener: StoredListener

    def __call__(self, conn: Connection, refused: Refused) -> Sequence[LiveEvent]:
        events = self.plan.apply(conn, refused)
        if refused:
            self.listener.forget()
            return events
        self.listener.announced(list(_announced(self.records)))
        for project_id in {record.project_id for record in self.records}:
            self._tell(project_id, [r for r in self.records if r.project_id == project_id])
        return events

    def _tell(self, project_id: int, records: Sequence[Record]) -> None:
        parts = list(_samples(records)) if self.listener.wants(project_id) else []
        if parts:
            series, ts_ms, values = (
                np.concatenate(columns) for columns in zip(*parts, strict=True)
            )
            self.listener.samples(project_id, series, ts_ms, values)
        histograms = list(_histogram_series(records))
        if histograms:
            self.listener.histograms(project_id, np.unique(np.array(histograms, np.uint64)))


def _announced(records: Sequence[Record]) -> Iterator[Announced]:
    """What cannot be read became a dead letter in the plan."""
    for record in records:
        if record.kind is not Kind.SERIES:
            continue
        try:
            rows = decode_series(record.payload)
        except msgspec.MsgspecError:
            continue
        for row in rows:
            yield record.project_id, row.series_id, row.labels


def _samples(records: Sequence[Record]) -> Iterator[tuple[Ids, Times, Values]]:
    for record in records:
        if record.kind is not Kind.SAMPLES:
            continue
        try:
            series, ts_ms, values = decode_samples(record.payload)
        except ValueError:
            continue
        stored = (ts_ms >= 0) & (ts_ms < LATEST_MS)
        if stored.all():
            yield series, ts_ms, values
        else:
            yield series[stored], ts_ms[stored], values[stored]


def _histogram_series(records: Sequence[Record]) -> Iterator[int]:
    for record in records:
        if record.kind is not Kind.HISTOGRAMS:
            continue
        try:
            rows = decode_histograms(record.payload)
        except msgspec.MsgspecError:
            continue
        for row in rows:
            yield row.series_id
