"""Where the digest stands, in meta: offsets, the cut in hand, dead letters; and what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from watchkeeper.ingest.digest.plan import DeadLetter
from watchkeeper.model import Cut
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import insert_into, tables
from watchkeeper.store.spool import Position

LETTERS_KEPT = 1_000
"""Dead letters kept a project; the oldest make room. All of them stay counted."""


_WITH_RECEIPT = ("spans", "logs", "errors", "sessions", "check_ins")


def slots_received(columns: Columns, table: str, *, since_ms: int, slot_ms: int) -> set[int]:
    """In which slots (Unix ms // slot_ms) since then rows of a table were received."""
    if table not in _WITH_RECEIPT:
        raise ValueError(f"nothing says when rows of {table!r} were received")
    rows = columns.rows(
        f"""
        SELECT DISTINCT intDiv(toUnixTimestamp64Milli(received), {{slot:Int64}}) FROM {table}
        WHERE received >= fromUnixTimestamp64Milli({{since:Int64}})
        """,
        {"slot": slot_ms, "since": since_ms},
    )
    return {int(row[0]) for row in rows}


def position(conn: Connection, lane: str) -> Position:
    """Where the lane has been digested to; its very beginning if it never was."""
    t = tables.spool_offsets
    row = conn.execute(select(t.c.segment, t.c.offset).where(t.c.lane == lane)).first()
    return Position(row.segment, row.offset) if row else Position(0, 0)


def pending_cuts(conn: Connection) -> list[Cut]:
    """Cuts whose digestion began and did not end, at most one a lane."""
    t = tables.spool_cuts
    rows = conn.execute(select(t.c.lane, t.c.segment, t.c.start, t.c.end).order_by(t.c.lane))
    return [Cut(row.lane, row.segment, row.start, row.end) for row in rows]


def write_cut(conn: Connection, cut: Cut, *, floor_ms: int) -> None:
    """Keep the cut, and the floor its records were raised to, before its first insert."""
    t = tables.spool_cuts
    conn.execute(insert(t).values(lane=cut.lane, segment=cut.segment, start=cut.start, end=cut.end))
    set_watermark(conn, _floor_name(cut.lane), floor_ms)


def floor_ms(conn: Connection, lane: str) -> int:
    """The floor of the lane's pending cut, Unix ms."""
    return watermark(conn, _floor_name(lane))


def highest_watermark_ms(conn: Connection) -> int:
    """No row digested from now on may count as received before this; 0 if nothing is closed yet."""
    return int(conn.execute(select(func.max(tables.watermarks.c.at_ms))).scalar() or 0)


def watermark(conn: Connection, name: str) -> int:
    """A named instant, Unix ms; 0 if it was never set."""
    t = tables.watermarks
    return int(conn.execute(select(t.c.at_ms).where(t.c.name == name)).scalar() or 0)


def set_watermark(conn: Connection, name: str, at_ms: int) -> None:
    """Set a named instant."""
    _put(conn, tables.watermarks, {"name": name}, {"at_ms": at_ms})


def lower_watermark(conn: Connection, name: str, at_ms: int) -> None:
    """Move a named instant back, if it is set and later than `at_ms`."""
    t = tables.watermarks
    conn.execute(update(t).where(t.c.name == name, t.c.at_ms > at_ms).values(at_ms=at_ms))


def move_watermark(conn: Connection, name: str, *, expected_ms: int, at_ms: int) -> bool:
    """Set a named instant unless somebody moved it meanwhile; 0 is expected of one never set."""
    if watermark(conn, name) != expected_ms:
        return False
    set_watermark(conn, name, at_ms)
    return True


def finish_cut(conn: Connection, cut: Cut) -> None:
    """Move the offset past the cut and forget it. Part of the cut's one transaction."""
    t = tables.spool_cuts
    conn.execute(delete(t).where(t.c.lane == cut.lane))
    _put(
        conn, tables.spool_offsets, {"lane": cut.lane}, {"segment": cut.segment, "offset": cut.end}
    )


def bury(conn: Connection, letters: Sequence[DeadLetter], *, at_ms: int) -> None:
    """Keep what can never be stored, where people can see it."""
    if not letters:
        return
    conn.execute(insert(tables.dead_letters), [_letter_row(letter, at_ms) for letter in letters])
    for project_id in {letter.record.project_id for letter in letters}:
        _forget_oldest(conn, project_id)


def _letter_row(letter: DeadLetter, at_ms: int) -> dict[str, Any]:
    return {
        "project_id": letter.record.project_id,
        "kind": int(letter.record.kind),
        "at_ms": at_ms,
        "reason": letter.reason,
        "detail": letter.detail.replace("\x00", "")[:1_000],
        "payload": letter.record.payload,
    }


def _forget_oldest(conn: Connection, project_id: int) -> None:
    t = tables.dead_letters
    oldest_kept = (
        select(t.c.id)
        .where(t.c.project_id == project_id)
        .order_by(t.c.id.desc())
        .offset(LETTERS_KEPT - 1)
        .limit(1)
        .scalar_subquery()
    )
    conn.execute(delete(t).where(t.c.project_id == project_id, t.c.id < oldest_kept))


def _put(conn: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    row = insert_into(conn, table).values(**key, **values)
    conn.execute(row.on_conflict_do_update(index_elements=list(key), set_=values))


def _floor_name(lane: str) -> str:
    return f"floor:{lane}"
