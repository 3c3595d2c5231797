"""What there is to ask: every metric with its type, help, size and age."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Scope
from watchkeeper.query.metrics.repo import Freshness, Metadata, MetricRepo
from watchkeeper.store.columns import Columns

FRESH_MS = 10 * MINUTE_MS
"""Ages of last samples are known this far back; beyond it only the day is."""
TOP_VALUES = 10
_PARTS = ("_bucket", "_sum", "_count", "_total", "_created", "_info")
"""What a family's series have behind its name."""
UNKNOWN = Metadata("unknown", "", "")


class MetricSort(StrEnum):
    """name: A to Z; series: the most first; silent: who has brought nothing for longest first."""

    NAME = "name"
    SERIES = "series"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """text: words that must all stand in name or help. offset, limit: rows of the sorted list."""

    text: str = ""
    type: str = ""
    sort: MetricSort = MetricSort.NAME
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric.

    series: of the last two days. last_ms: Unix ms of the newest sample within FRESH_MS, else of
    the day's beginning on which it was last seen (is_exact False). samples_per_day: at the pace
    of the last FRESH_MS; None when it is silent.
    """

    metric: str
    type: str
    help: str
    unit: str
    series: int
    last_ms: int
    is_exact: bool
    samples_per_day: float | None
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPage:
    """rows: the asked part; total: metrics that match; of: all of the project."""

    rows: list[MetricRow]
    total: int
    of: int
    series: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFacts:
    """values: how many different ones; top: (value, series), the most frequent first."""

    name: str
    values: int
    series: int
    top: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDetail:
    """One metric with its labels, the one with most values first."""

    row: MetricRow
    labels: tuple[LabelFacts, ...]


class MetricCatalogue:
    """The metrics of one scope at one moment. Every method blocks."""

    def __init__(self, columns: Columns, scope: Scope, now_ms: int) -> None:
        self._repo = MetricRepo(columns, scope, now_ms)
        self._now_ms = now_ms

    def page(self, query: MetricQuery) -> MetricPage:
        """A part of the list; ages and jobs are read for its rows alone."""
        recent, older = self._repo.recent(), self._repo.older()
        metadata = self._repo.metadata()
        names = {*recent, *older}
        found = [name for name in names if _matches(name, metadata, query)]
        found.sort(key=_order(query.sort, recent, older))
        wanted = found[query.offset : query.offset + query.limit]
        return MetricPage(
            rows=self._rows(wanted, recent, older, metadata),
            total=len(found),
            of=len(names),
            series=sum(recent.values()),
        )

    def detail(self, metric: str) -> MetricDetail:
        """One metric. Raises NotFound if nothing of it arrived in the last 30 days."""
        recent, older = self._repo.recent(), self._repo.older()
        if metric not in recent and metric not in older:
            raise NotFound(f"No sample of {metric} arrived in this project in the last 30 days.")
        [row] = self._rows([metric], recent, older, self._repo.metadata())
        top = self._repo.top_values(metric, TOP_VALUES)
        return MetricDetail(
            row=row,
            labels=tuple(
                LabelFacts(name=name, values=n, series=series, top=tuple(top.get(name, ())))
                for name, n, series in self._repo.labels(metric)
            ),
        )

    def _rows(
        self,
        names: list[str],
        recent: Mapping[str, int],
        older: Mapping[str, int],
        metadata: Mapping[str, Metadata],
    ) -> list[MetricRow]:
        live = [name for name in names if name in recent]
        jobs = self._repo.jobs(live) if live else {}
        fresh = self._repo.freshness(live, FRESH_MS) if live else {}
        return [
            _row(
                name,
                known=metadata_of(name, metadata),
                series=recent.get(name, 0),
                fresh=fresh.get(name),
                day_ms=self._day_ms(name, recent, older),
                jobs=jobs.get(name, ()),
            )
            for name in names
        ]

    def _day_ms(self, name: str, recent: Mapping[str, int], older: Mapping[str, int]) -> int:
        if name not in recent:
            return older[name]
        return (self._now_ms // DAY_MS - 1) * DAY_MS


def _row(
    name: str,
    *,
    known: Metadata,
    series: int,
    fresh: Freshness | None,
    day_ms: int,
    jobs: Iterable[str],
) -> MetricRow:
    pace = fresh.samples / fresh.series * series * (DAY_MS / FRESH_MS) if fresh else None
    return MetricRow(
        metric=name,
        type=known.type or UNKNOWN.type,
        help=known.help,
        unit=known.unit or unit_of(name),
        series=series,
        last_ms=fresh.last_ms if fresh else day_ms,
        is_exact=fresh is not None,
        samples_per_day=pace,
        jobs=tuple(jobs),
    )


def metadata_of(name: str, metadata: Mapping[str, Metadata]) -> Metadata:
    """What is known of a metric, by its own name or that of its family."""
    if name in metadata:
        return metadata[name]
    for part in _PARTS:
        if name.endswith(part) and name.removesuffix(part) in metadata:
            return metadata[name.removesuffix(part)]
    return UNKNOWN


_UNITS = ("seconds", "bytes", "ratio", "celsius", "volts", "amperes", "joules", "meters", "grams")


def unit_of(name: str) -> str:
    """The unit that a name ends with, as Prometheus's naming rules have it; "" without one."""
    for part in _PARTS:
        name = name.removesuffix(part)
    last = name.rpartition("_")[2]
    return last if last in _UNITS else ""


def _matches(name: str, metadata: Mapping[str, Metadata], query: MetricQuery) -> bool:
    known = metadata_of(name, metadata)
    if query.type and (known.type or UNKNOWN.type) != query.type:
        return False
    hay = f"{name} {known.help}".lower()
    return all(word in hay for word in query.text.lower().split())


_LIVE = 2**62


def _order(
    sort: MetricSort, recent: Mapping[str, int], older: Mapping[str, int]
) -> Callable[[str], tuple[int, str]]:
    """The sort key of a name; among equals the name itself decides."""
    if sort is MetricSort.SERIES:
        return lambda name: (-recent.get(name, 0), name)
    if sort is MetricSort.SILENT:
        return lambda name: (_LIVE if name in recent else older[name], name)
    return lambda name: (0, name)
