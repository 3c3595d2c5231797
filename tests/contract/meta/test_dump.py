"""What was dumped comes back, row by row, from either database into either."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from tests.fakes.clock import HandClock
from watchkeeper.lib.errors import Conflict, Invalid
from watchkeeper.store.meta import Meta, dump_meta, load_meta, open_meta, tables

NOW_MS = HandClock().now_ms


def fill(meta: Meta) -> None:
    with meta.write() as conn:
        conn.execute(insert(tables.organisations).values(slug="acme", name="A", created_ms=NOW_MS))
        conn.execute(
            insert(tables.dead_letters).values(
                project_id=1, kind=2, at_ms=NOW_MS, reason="x", detail="'; --", payload=b"\x00\xff"
            )
        )
        conn.execute(
            insert(tables.audit_log).values(
                org_id=1, at_ms=NOW_MS, actor="a", action="b", facts={"nested": [1, None, "ü"]}
            )
        )


def rows(meta: Meta, name: str) -> list[tuple[object, ...]]:
    with meta.read() as conn:
        found = conn.execute(select(tables.metadata.tables[name]))
        return [tuple(row) for row in found]


def test_every_row_comes_back(meta: Meta, tmp_path: Path) -> None:
    fill(meta)
    dump_meta(meta, tmp_path / "dump")
    copy = open_meta(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    copy.upgrade()

    load_meta(copy, tmp_path / "dump")

    for name in tables.metadata.tables:
        assert rows(copy, name) == rows(meta, name)
    copy.close()


def test_ids_go_on_after_those_that_came_back(meta: Meta, tmp_path: Path) -> None:
    source = open_meta(f"sqlite:///{tmp_path / 'source.sqlite'}")
    source.upgrade()
    fill(source)
    dump_meta(source, tmp_path / "dump")
    source.close()

    load_meta(meta, tmp_path / "dump")

    with meta.write() as conn:
        made = conn.execute(
            insert(tables.organisations).values(slug="other", name="O", created_ms=NOW_MS)
        )
        assert made.inserted_primary_key is not None
        assert made.inserted_primary_key[0] == 2


def test_a_store_with_people_is_not_overwritten(meta: Meta, tmp_path: Path) -> None:
    dump_meta(meta, tmp_path / "dump")
    with meta.write() as conn:
        conn.execute(
            insert(tables.users).values(
                email="a@example.com", name="A", password_hash="x", created_ms=NOW_MS
            )
        )

    with pytest.raises(Conflict, match="not empty"):
        load_meta(meta, tmp_path / "dump")


def test_a_dump_of_another_version_is_refused(meta: Meta, tmp_path: Path) -> None:
    (tmp_path / "dump").write_text('{"version": 999}\n')

    with pytest.raises(Invalid, match="version 999"):
        load_meta(meta, tmp_path / "dump")
