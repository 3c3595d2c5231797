"""Takes what names one person out of the relational store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    Text,
    cast,
    delete,
    false,
    or_,
    select,
    true,
    update,
)

from watchkeeper.model import person_hash
from watchkeeper.store.meta import tables
from watchkeeper.store.meta.meta import Meta

ERASED = "[Erased]"


class InMeta(StrEnum):
    """What becomes of rows that name the person."""

    DELETE = "delete"
    MASK = "mask"
    KEEP = "keep"


_MASKED = frozenset({
    "issues", "issue_activity", "signals", "deliveries", "issue_comments", "issue_searches",
    "severity_rules", "log_queries", "release_commits",
})  # fmt: skip
_DELETED = frozenset({
    "dead_letters", "rejections", "alert_states", "alert_history", "pushed_groups", "series_uses",
    "issue_undos", "issue_ignored_users",
})  # fmt: skip
_KEPT = frozenset({
    # Who works with this server, and what they did: theirs to delete by `watchkeeper user`.
    "organisations", "projects", "environments", "users", "members", "sessions", "api_tokens",
    "ingest_keys", "one_time_links", "audit_log", "scrape_configs", "rule_files",
    "channels",
    # Numbers only.
    "revisions", "leases", "spool_offsets", "spool_cuts", "watermarks", "issue_hashes",
    "seen_events", "latency_budgets",
    # Of the program, not of the people who use it.
    "releases", "deploys", "artifact_bundles", "artifact_files", "artifact_chunks",
    "monitors", "monitor_environments",
})  # fmt: skip


def fate_of(table: str) -> InMeta | None:
    """What becomes of rows of a table that name a person; None: nobody has decided."""
    if table in _MASKED:
        return InMeta.MASK
    if table in _DELETED:
        return InMeta.DELETE
    return InMeta.KEEP if table in _KEPT else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Rows of a table that name the person, and what becomes of them."""

    table: str
    rows: int
    fate: InMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtInMeta:
    """A person. ids: distinctive enough to stand in text. keys: of rows, of which only hashes are
    kept here. projects: where; empty: everywhere.
    """

    ids: tuple[str, ...]
    keys: tuple[str, ...] = ()
    projects: tuple[int, ...] = ()


def find_in_meta(meta: Meta, sought: SoughtInMeta) -> list[Touched]:
    """Every table that has rows of the person."""
    return [
        Touched(table=table.name, rows=rows, fate=fate)
        for table, fate in _personal()
        if (rows := sum(1 for _ in _matching(meta, table, sought)))
    ]


def erase_in_meta(meta: Meta, sought: SoughtInMeta) -> Iterator[Touched]:
    """Delete or mask them; yields each table when it is done. Call `Meta.compact` afterwards."""
    for table, fate in _personal():
        found = list(_matching(meta, table, sought))
        if not found:
            continue
        with meta.write() as conn:
            for row in found:
                _change(conn, table, row, fate, sought.ids)
        yield Touched(table=table.name, rows=len(found), fate=fate)


def _personal() -> list[tuple[Table, InMeta]]:
    fates = ((table, fate_of(table.name)) for table in tables.metadata.sorted_tables)
    return [(table, fate) for table, fate in fates if fate in {InMeta.DELETE, InMeta.MASK}]


def _matching(meta: Meta, table: Table, sought: SoughtInMeta) -> Iterator[dict[str, Any]]:
    """Rows that name the person, or stand for them by a hash."""
    if "user_hash" in table.columns:
        hashes = [person_hash(key) for key in sought.keys]
        by_hash = select(table).where(table.c.user_hash.in_(hashes), _is_in(table, sought.projects))
        with meta.read() as conn:
            yield from [dict(row) for row in conn.execute(by_hash).mappings()]
    else:
        yield from _naming(meta, table, sought)


def _naming(meta: Meta, table: Table, sought: SoughtInMeta) -> Iterator[dict[str, Any]]:
    """Rows whose texts hold one of the ids. Binary columns are looked through here."""
    ids = sought.ids
    texts = [column for column in table.columns if isinstance(column.type, String | Text | JSON)]
    binary = [column for column in table.columns if isinstance(column.type, LargeBinary)]
    query = select(table).where(_is_in(table, sought.projects))
    if not binary:
        query = query.where(or_(*(_holds(column, each) for column in texts for each in ids)))
    if not ids or not (texts or binary):
        return
    with meta.read() as conn:
        rows = [dict(row) for row in conn.execute(query).mappings()]
    for row in rows:
        if any(_names(row[column.name], ids) for column in (*texts, *binary)):
            yield row


def _is_in(table: Table, projects: Sequence[int]) -> ColumnElement[bool]:
    """A row is of one of these projects, by itself or by the row that it belongs to."""
    if not projects:
        return true()
    if "project_id" in table.columns:
        return table.c.project_id.in_(projects)
    for column in table.columns:
        for key in column.foreign_keys:
            owner = key.column.table
            if "project_id" in owner.columns:
                return column.in_(select(key.column).where(owner.c.project_id.in_(projects)))
    return false()


def _holds(column: Column[Any], text: str) -> Any:
    written = json.dumps(text)[1:-1] if isinstance(column.type, JSON) else text
    return cast(column, Text).contains(written, autoescape=True)


def _names(value: object, ids: Sequence[str]) -> bool:
    if isinstance(value, bytes):
        return any(each.encode() in value for each in ids)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return any(each in text for each in ids)


def _change(
    conn: Connection, table: Table, row: dict[str, Any], fate: InMeta, ids: Sequence[str]
) -> None:
    is_row = [column == row[column.name] for column in table.primary_key.columns]
    if fate is InMeta.DELETE:
        conn.execute(delete(table).where(*is_row))
        return
    masked = {
        name: _masked(value, ids)
        for name, value in row.items()
        if isinstance(table.columns[name].type, String | Text | JSON) and _names(value, ids)
    }
    conn.execute(update(table).where(*is_row).values(masked))


def _masked(value: Any, ids: Sequence[str]) -> Any:
    if isinstance(value, str):
        for each in ids:
            value = value.replace(each, ERASED)
        return value
    if isinstance(value, dict):
        return {_masked(key, ids): _masked(each, ids) for key, each in value.items()}
    return [_masked(each, ids) for each in value] if isinstance(value, list) else value
