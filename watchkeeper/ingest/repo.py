"""What ingest keeps in meta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, func, insert, select, update

from watchkeeper.ingest.cardinality import MetricReport, ProjectRules
from watchkeeper.ingest.rejections import Rejection
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.store.meta import Meta, bump, tables

_KEPT_ROWS = 5_000
_KEPT_MS = 7 * DAY_MS
_REVISION = "series_rules"
_VALID_MS = 15 * MINUTE_MS
"""What a process told longer ago is no longer counted: it is gone."""
_KEY = "series"
_projects = tables.projects
_uses = tables.series_uses
_METRIC_LENGTH = 500


class RejectionRows:
    """Rejections for the setup page: the newest few thousand of a week."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def add(self, rejections: Sequence[Rejection]) -> None:
        """Write rejections and forget the oldest. Blocks."""
        if not rejections:
            return
        rows = tables.rejections
        with self._meta.write() as conn:
            conn.execute(insert(rows), [asdict(rejection) for rejection in rejections])
            newest = conn.execute(select(func.max(rows.c.id))).scalar_one()
            is_old = rows.c.at_ms < rejections[-1].at_ms - _KEPT_MS
            conn.execute(delete(rows).where(is_old | (rows.c.id <= newest - _KEPT_ROWS)))


class RuleRows:
    """Limits and label policies, in the settings of their projects."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def revision(self) -> int:
        """Moves with every change."""
        return self._meta.revision(_REVISION)

    def all(self) -> dict[int, ProjectRules]:
        """The rules of every project that has any."""
        with self._meta.read() as conn:
            rows = conn.execute(select(_projects.c.id, _projects.c.settings)).all()
        return {row.id: _rules(row.settings[_KEY]) for row in rows if _KEY in row.settings}

    def of(self, project_id: int) -> ProjectRules:
        """The rules of one project; none set if it has none."""
        with self._meta.read() as conn:
            return _rules(_settings(conn, project_id).get(_KEY, {}))


def put_rules(conn: Connection, project_id: int, rules: ProjectRules) -> None:
    """Set a project's rules, in the caller's transaction; processes notice within seconds."""
    stored = {
        "per_metric": rules.per_metric,
        "per_project": rules.per_project,
        "drop_labels": list(rules.drop_labels),
        "hash_labels": list(rules.hash_labels),
    }
    settings = {**_settings(conn, project_id), _KEY: stored}
    conn.execute(update(_projects).where(_projects.c.id == project_id).values(settings=settings))
    bump(conn, _REVISION)


class UseRows:
    """What the processes count, for each other and for the page."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def put(self, lane: str, reports: Sequence[MetricReport], *, now_ms: int) -> None:
        """Replace what a process told before."""
        rows = [
            {
                "lane": lane,
                "at_ms": now_ms,
                "project_id": one.project_id,
                "metric": one.metric[:_METRIC_LENGTH],
                "series": one.series,
                "folded": one.folded,
                "samples": one.samples,
                "label": one.label[:_METRIC_LENGTH],
                "label_values": one.label_values,
                "senders": [list(sender) for sender in one.senders],
            }
            for one in reports
        ]
        with self._meta.write() as conn:
            conn.execute(delete(_uses).where(_uses.c.lane == lane))
            if rows:
                conn.execute(insert(_uses), rows)

    def elsewhere(self, lane: str, *, now_ms: int) -> dict[tuple[int, str], int]:
        """Series that other processes store, by project and metric."""
        query = select(_uses.c.project_id, _uses.c.metric, _uses.c.series).where(
            _uses.c.lane != lane, _uses.c.at_ms >= now_ms - _VALID_MS
        )
        found: dict[tuple[int, str], int] = {}
        with self._meta.read() as conn:
            for project_id, metric, series in conn.execute(query):
                found[project_id, metric] = found.get((project_id, metric), 0) + series
        return found

    def of_project(self, project_id: int, *, now_ms: int) -> list[MetricReport]:
        """What every process told of a project, a row for each of them."""
        query = select(_uses).where(
            _uses.c.project_id == project_id, _uses.c.at_ms >= now_ms - _VALID_MS
        )
        with self._meta.read() as conn:
            return [
                MetricReport(
                    project_id=row.project_id,
                    metric=row.metric,
                    series=row.series,
                    folded=row.folded,
                    samples=row.samples,
                    label=row.label,
                    label_values=row.label_values,
                    senders=tuple((str(name), int(count)) for name, count in row.senders),
                )
                for row in conn.execute(query)
            ]


def _settings(conn: Connection, project_id: int) -> Mapping[str, Mapping[str, object]]:
    query = select(_projects.c.settings).where(_projects.c.id == project_id)
    return conn.execute(query).scalar_one_or_none() or {}


def _rules(stored: Mapping[str, object]) -> ProjectRules:
    return ProjectRules(
        per_metric=_number(stored.get("per_metric")),
        per_project=_number(stored.get("per_project")),
        drop_labels=_names(stored.get("drop_labels")),
        hash_labels=_names(stored.get("hash_labels")),
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list) else ()
