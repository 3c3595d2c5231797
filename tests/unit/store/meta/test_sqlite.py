"""SQLite in particular: how the file is opened, and what its failures say."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from watchkeeper.lib.errors import Invalid
from watchkeeper.store.meta import Meta, StoreUnavailable, open_meta
from watchkeeper.store.meta.tables import organisations


def pragma(meta: Meta, name: str) -> object:
    with meta.write() as conn:
        return conn.execute(text(f"PRAGMA {name}")).scalar()


def test_each_commit_is_synced_into_a_write_ahead_log(sqlite_meta: Meta) -> None:
    full = 2

    assert pragma(sqlite_meta, "journal_mode") == "wal"
    assert pragma(sqlite_meta, "synchronous") == full


def test_foreign_keys_hold(sqlite_meta: Meta) -> None:
    assert pragma(sqlite_meta, "foreign_keys") == 1


def test_foreign_keys_hold_again_after_an_upgrade(tmp_path: Path) -> None:
    meta = open_meta(f"sqlite:///{tmp_path / 'meta.db'}")
    meta.upgrade()

    assert pragma(meta, "foreign_keys") == 1
    meta.close()


def test_the_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "meta.db"

    meta = open_meta(f"sqlite:///{path}")
    meta.upgrade()

    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}
    meta.close()


def write_past_the_end(meta: Meta) -> None:
    """SQLite's own bound on the file answers as a full disk does."""
    with meta.write() as conn:
        pages = conn.execute(text("PRAGMA page_count")).scalar_one()
        conn.execute(text(f"PRAGMA max_page_count = {pages}"))
        for n in range(1_000):
            conn.execute(insert(organisations).values(slug=f"{n}", name="x" * 200, created_ms=0))


def test_a_full_disk_is_one_clear_sentence(sqlite_meta: Meta) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        write_past_the_end(sqlite_meta)

    assert str(caught.value) == "The disk is full: free some space in the data directory."
    assert caught.value.retryable


def test_after_a_full_disk_nothing_of_the_transaction_is_there(sqlite_meta: Meta) -> None:
    with pytest.raises(StoreUnavailable):
        write_past_the_end(sqlite_meta)

    with sqlite_meta.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM organisations")).scalar() == 0


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="nowhere"):
        open_meta(f"sqlite:///{tmp_path / 'nowhere' / 'meta.db'}")


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "meta.db"
    path.write_bytes(b"no database at all, but long enough to have a header" * 100)

    with pytest.raises(StoreUnavailable, match="not a database"):
        open_meta(f"sqlite:///{path}").upgrade()


@pytest.mark.parametrize(
    "url", ["", "meta.db", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:"]
)
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        open_meta(url)


def test_two_that_open_the_same_file_see_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'meta.db'}"
    edge, engine = open_meta(url), open_meta(url)
    edge.upgrade()

    with engine.write() as conn:
        conn.execute(insert(organisations).values(slug="acme", name="Acme", created_ms=0))

    with edge.read() as conn:
        assert conn.execute(text("SELECT slug FROM organisations")).scalars().all() == ["acme"]
    edge.close()
    engine.close()
