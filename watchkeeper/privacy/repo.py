"""What projects ask for, in their settings; and an event of theirs to try rules on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, select, update

from watchkeeper.model import Scope
from watchkeeper.privacy.policy import Policy, read_policy, write_policy
from watchkeeper.privacy.scrub import Scrubber
from watchkeeper.privacy.walk import Json
from watchkeeper.store.columns import TABLES, Columns
from watchkeeper.store.meta import Meta, bump, tables

_REVISION = "privacy"
_KEY = "privacy"
_DAYS_KEY = "retention_days"
_projects = tables.projects
_NEWEST = """
SELECT payload FROM errors WHERE project_id = {project:UInt32}
ORDER BY received DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRows:
    """Rows of a table, and the bytes of the blobs that they name."""

    rows: int
    blob_bytes: int


class PolicyRows:
    """The policies of projects that have one."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def revision(self) -> int:
        """Moves with every change."""
        return self._meta.revision(_REVISION)

    def all(self) -> dict[int, Policy]:
        """Project → policy."""
        with self._meta.read() as conn:
            rows = conn.execute(select(_projects.c.id, _projects.c.settings)).all()
        return {row.id: _policy(row.settings) for row in rows if _KEY in row.settings}

    def of(self, project_id: int) -> Policy:
        """The policy of one project; the default one if it has none."""
        with self._meta.read() as conn:
            return _policy(_settings(conn, project_id))


def put_policy(conn: Connection, project_id: int, policy: Policy) -> None:
    """Set a checked policy, in the caller's transaction; edges apply it within a second."""
    stored = json.loads(write_policy(policy))
    settings = {**_settings(conn, project_id), _KEY: stored}
    conn.execute(update(_projects).where(_projects.c.id == project_id).values(settings=settings))
    bump(conn, _REVISION)


def project_days(meta: Meta) -> dict[int, dict[str, int]]:
    """Project → signal → days, where a project keeps a signal for other days than the server."""
    with meta.read() as conn:
        rows = conn.execute(select(_projects.c.id, _projects.c.settings)).all()
    return {row.id: _days(row.settings) for row in rows if row.settings.get(_DAYS_KEY)}


def days_of(meta: Meta, project_id: int) -> dict[str, int]:
    """Signal → days of one project."""
    with meta.read() as conn:
        return _days(_settings(conn, project_id))


def put_days(conn: Connection, project_id: int, days: Mapping[str, int]) -> None:
    """Set for how long a project keeps its signals, in the caller's transaction."""
    settings = {**_settings(conn, project_id), _DAYS_KEY: dict(days)}
    conn.execute(update(_projects).where(_projects.c.id == project_id).values(settings=settings))


class PolicyWatch:
    """Keeps a scrubber's policies as they are in the store."""

    def __init__(self, meta: Meta, scrubber: Scrubber) -> None:
        """Reads them at once; the schema must be up to date."""
        self._rows = PolicyRows(meta)
        self._scrubber = scrubber
        self._seen = -1
        self.refresh_if_changed()

    def refresh_if_changed(self) -> None:
        """Read the policies if one was changed since; one cheap read otherwise."""
        revision = self._rows.revision()
        if revision != self._seen:
            self._scrubber.take_policies(self._rows.all())
            self._seen = revision


def newest_event(columns: Columns, scope: Scope) -> dict[str, Json] | None:
    """The project's event that came last, as stored: scrubbed by the rules of its time."""
    rows = columns.rows(_NEWEST, {"project": scope.project_id})
    return cast("dict[str, Json]", json.loads(rows[0][0])) if rows else None


def rows_by_table(columns: Columns, scope: Scope, tables: Sequence[str]) -> dict[str, StoredRows]:
    """What one project has in each of these column tables."""
    found = {}
    for name in tables:
        table = next(each for each in TABLES if each.name == name)
        has_blobs = any(column.name == "size_bytes" for column in table.columns)
        sums = "count(), sum(size_bytes)" if has_blobs else "count(), 0"
        sql = f"SELECT {sums} FROM {table.name} WHERE project_id = {{project:UInt32}}"
        rows, in_blobs = columns.rows(sql, {"project": scope.project_id})[0]
        found[name] = StoredRows(rows=int(rows), blob_bytes=int(in_blobs))
    return found


def _settings(conn: Connection, project_id: int) -> dict[str, object]:
    query = select(_projects.c.settings).where(_projects.c.id == project_id)
    return dict(conn.execute(query).scalar_one_or_none() or {})


def _policy(settings: dict[str, object]) -> Policy:
    return read_policy(json.dumps(settings[_KEY])) if _KEY in settings else Policy()


def _days(settings: Mapping[str, object]) -> dict[str, int]:
    found = settings.get(_DAYS_KEY)
    return {str(name): int(days) for name, days in found.items()} if isinstance(found, dict) else {}
