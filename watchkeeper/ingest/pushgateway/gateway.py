"""Keeps pushed groups, and shows them again and again as if they were scraped."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import numpy as np
import structlog

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.pushgateway import repo
from watchkeeper.ingest.pushgateway.errors import BadPush
from watchkeeper.ingest.pushgateway.parse import PushBody, read_families
from watchkeeper.ingest.pushgateway.types import Group, PushedFamily
from watchkeeper.ingest.rows import HistogramBatch, MetadataRow, SampleBatch
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.lib.schedule import next_slot_ms
from watchkeeper.model import METRIC_NAME, Histogram, Labels, labels_of
from watchkeeper.store.meta import Meta

INTERVAL_MS = 15 * SECOND_MS
"""How often every group is written as samples."""
MAX_GROUPS = 10_000
MAX_SERIES = 200_000
"""Of one project: a key that makes a group of each run would grow for ever."""

PUSHED, FAILED = "push_time_seconds", "push_failure_time_seconds"
_OWN = {
    PUSHED: "Last Unix time when changing this group in the Pushgateway succeeded.",
    FAILED: "Last Unix time when changing this group in the Pushgateway failed.",
}
_STALE_BITS = 0x7FF0_0000_0000_0002

_log = structlog.get_logger("watchkeeper.pushgateway")

Shown = dict[Labels, float | Histogram]


@dataclass(slots=True)
class _Project:
    """One project's groups by grouping key. shown: the series of each that were written last."""

    groups: dict[Labels, Group] = field(default_factory=dict)
    shown: dict[Labels, tuple[int, frozenset[Labels]]] = field(default_factory=dict)


class Pushgateway:
    """Every method blocks and may be called from any thread. Groups outlive restarts."""

    def __init__(self, meta: Meta, acceptor: Acceptor, clock: Clock) -> None:
        """Reads every group; the schema must be up to date."""
        self._meta, self._acceptor, self._clock = meta, acceptor, clock
        self._lock = threading.Lock()
        self._projects: dict[int, _Project] = {}
        with meta.read() as conn:
            for project_id, group in repo.all_groups(conn):
                self._project(project_id).groups[group.labels] = group

    def push(self, project_id: int, grouping: Labels, body: PushBody, *, replace: bool) -> None:
        """Keep a body under its grouping key, and show it at once.

        replace: the group has these metrics alone; else those of the same names are replaced.
        Raises BadPush, and then the group tells when that was.
        """
        with self._lock:
            now_ms = self._clock()
            project = self._project(project_id)
            before = project.groups.get(grouping) or Group(labels=grouping)
            try:
                pushed = read_families(body, grouping, now_ms=now_ms)
                pushed.pop(PUSHED, None)
                pushed.pop(FAILED, None)
                families = pushed if replace else {**before.families, **pushed}
                _check_fit(project, grouping, pushed, families)
            except BadPush:
                if len(project.groups) < MAX_GROUPS or grouping in project.groups:
                    self._put(project_id, msgspec.structs.replace(before, failed_ms=now_ms))
                raise
            group = msgspec.structs.replace(before, families=families, pushed_ms=now_ms)
            self._put(project_id, group)
            self._show_again(project_id, group, now_ms)

    def delete(self, project_id: int, grouping: Labels) -> None:
        """Forget a group; its series end. Deleting what is not there is no error."""
        with self._lock:
            project = self._project(project_id)
            if project.groups.get(grouping) is None:
                return
            with self._meta.write() as conn:
                repo.remove(conn, project_id, grouping)
            del project.groups[grouping]
            self._end(project_id, [grouping])

    def wipe(self, project_id: int) -> None:
        """Forget every group of a project."""
        with self._lock:
            with self._meta.write() as conn:
                repo.remove(conn, project_id)
            project = self._project(project_id)
            gone = list(project.groups)
            project.groups.clear()
            self._end(project_id, gone)

    def groups(self, project_id: int) -> list[Group]:
        """The groups of a project, oldest key first."""
        with self._lock:
            found = self._projects.get(project_id)
            return list(found.groups.values()) if found else []

    def show_due(self) -> float:
        """Write every group as samples of this instant; returns the seconds until the next time."""
        with self._lock:
            now_ms = self._clock()
            for project_id, project in self._projects.items():
                for group in project.groups.values():
                    self._show(project_id, group, now_ms)
        return (next_slot_ms(now_ms + 1, INTERVAL_MS, 0) - self._clock()) / SECOND_MS

    def _project(self, project_id: int) -> _Project:
        return self._projects.setdefault(project_id, _Project())

    def _put(self, project_id: int, group: Group) -> None:
        with self._meta.write() as conn:
            repo.put(conn, project_id, group)
        self._project(project_id).groups[group.labels] = group

    def _show_again(self, project_id: int, group: Group, now_ms: int) -> None:
        """Show what was pushed just now, unless the group was shown a moment ago."""
        at_ms, _ = self._project(project_id).shown.get(group.labels, (0, frozenset()))
        if now_ms - at_ms >= SECOND_MS:
            self._show(project_id, group, now_ms)
        rows = [MetadataRow(f.name, f.type, f.help, f.unit) for f in group.families.values()]
        rows += [MetadataRow(name, "gauge", text) for name, text in _OWN.items()]
        try:
            self._acceptor.accept_metadata_blocking(project_id, rows)
        except Overloaded as error:
            _log.warning("metadata of a push was not stored", error=str(error))

    def _show(self, project_id: int, group: Group, now_ms: int) -> None:
        """Write a group's series, and the end of those that it no longer has."""
        project = self._project(project_id)
        _, before = project.shown.get(group.labels, (0, frozenset()))
        series = _series_of(group)
        if self._write(project_id, now_ms, series, before - series.keys()):
            project.shown[group.labels] = (now_ms, frozenset(series))

    def _end(self, project_id: int, gone: Iterable[Labels]) -> None:
        shown = self._project(project_id).shown
        for grouping in gone:
            at_ms, series = shown.pop(grouping, (0, frozenset()))
            self._write(project_id, max(self._clock(), at_ms + 1), {}, series)

    def _write(self, project_id: int, at_ms: int, series: Shown, ended: Iterable[Labels]) -> bool:
        samples = {labels: v for labels, v in series.items() if not isinstance(v, Histogram)}
        histograms = {labels: v for labels, v in series.items() if isinstance(v, Histogram)}
        names = [*samples, *ended]
        values = np.zeros(len(names))
        values[: len(samples)] = list(samples.values())
        values.view(np.uint64)[len(samples) :] = _STALE_BITS
        try:
            self._acceptor.accept_samples_blocking(
                project_id, SampleBatch(series=names, ts_ms=_times(at_ms, names), values=values)
            )
            if histograms:
                self._acceptor.accept_histograms_blocking(
                    project_id,
                    HistogramBatch(
                        series=list(histograms),
                        ts_ms=_times(at_ms, histograms),
                        histograms=list(histograms.values()),
                    ),
                )
        except Overloaded as error:
            _log.warning("a pushed group was not stored this time", error=str(error))
            return False
        return True


def _times(at_ms: int, names: Iterable[Labels]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.full(len(list(names)), at_ms, dtype=np.int64)


def _series_of(group: Group) -> Shown:
    """A group's series with their values, and its own two."""
    found: Shown = {}
    for family in group.families.values():
        found.update(family.samples)
        found.update(family.histograms)
    for name, at_ms in ((PUSHED, group.pushed_ms), (FAILED, group.failed_ms)):
        found[labels_of((*group.labels, (METRIC_NAME, name)))] = at_ms / SECOND_MS
    return found


def _check_fit(
    project: _Project,
    grouping: Labels,
    pushed: dict[str, PushedFamily],
    families: dict[str, PushedFamily],
) -> None:
    """Raises BadPush if a metric stands elsewhere with another type or with the same series."""
    series = sum(len(f.samples) + len(f.histograms) for f in families.values())
    for labels, group in project.groups.items():
        if labels == grouping:
            continue
        for name, family in group.families.items():
            series += len(family.samples) + len(family.histograms)
            if name in pushed:
                _check_pair(pushed[name], family, labels)
    if grouping not in project.groups and len(project.groups) >= MAX_GROUPS:
        raise BadPush(f"there are {MAX_GROUPS:,} groups; delete some before you push new ones")
    if series > MAX_SERIES:
        raise BadPush(f"there would be over {MAX_SERIES:,} series; delete groups first")


def _check_pair(pushed: PushedFamily, there: PushedFamily, where: Labels) -> None:
    if pushed.type != there.type:
        raise BadPush(
            f"metric {pushed.name} is a {pushed.type} here and a {there.type} "
            f"in the group {dict(where)}"
        )
    if not set(there.series()).isdisjoint(pushed.series()):
        raise BadPush(f"metric {pushed.name} has a series that the group {dict(where)} has too")
