"""What every database promises of `read` and `write`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, insert, select, text, update

from watchkeeper.lib.errors import Conflict
from watchkeeper.store.meta import (
    Meta,
    MetaFailed,
    RowConflict,
    StoreUnavailable,
    bump,
    lease,
    open_meta,
)
from watchkeeper.store.meta.tables import environments, organisations, revisions


def add_org(conn: Connection, slug: str) -> None:
    conn.execute(insert(organisations).values(slug=slug, name=slug, created_ms=0))


def add_org_then_raise(meta: Meta) -> None:
    with meta.write() as conn:
        add_org(conn, "acme")
        bump(conn, "keys")
        raise ZeroDivisionError


def slugs(meta: Meta) -> list[str]:
    with meta.read() as conn:
        return sorted(conn.execute(select(organisations.c.slug)).scalars())


def test_a_write_is_kept_when_its_block_ends(meta: Meta) -> None:
    with meta.write() as conn:
        add_org(conn, "acme")

    assert slugs(meta) == ["acme"]


def test_a_write_that_raises_leaves_nothing(meta: Meta) -> None:
    with pytest.raises(ZeroDivisionError):
        add_org_then_raise(meta)

    assert slugs(meta) == []


def test_a_read_cannot_write(meta: Meta) -> None:
    with pytest.raises((StoreUnavailable, MetaFailed)), meta.read() as conn:
        add_org(conn, "acme")

    assert slugs(meta) == []


def test_a_read_sees_one_moment_while_others_write(meta: Meta) -> None:
    with meta.read() as conn:
        before = conn.execute(select(organisations.c.slug)).scalars().all()
        with meta.write() as other:
            add_org(other, "acme")
        after = conn.execute(select(organisations.c.slug)).scalars().all()

    assert before == after == []
    assert slugs(meta) == ["acme"]


def test_a_second_row_under_a_unique_key_is_a_conflict(meta: Meta) -> None:
    with meta.write() as conn:
        add_org(conn, "acme")

    with pytest.raises(RowConflict) as caught, meta.write() as conn:
        add_org(conn, "acme")

    assert isinstance(caught.value, Conflict)


def test_a_row_that_refers_to_nothing_is_a_conflict(meta: Meta) -> None:
    row = {"project_id": 404, "name": "production", "first_seen_ms": 0}

    with pytest.raises(RowConflict), meta.write() as conn:
        conn.execute(insert(environments).values(row))


def test_a_wrong_statement_is_our_fault_and_not_retryable(meta: Meta) -> None:
    with pytest.raises(MetaFailed) as caught, meta.read() as conn:
        conn.execute(text("SELECT nothing FROM nowhere"))

    assert not caught.value.retryable


def test_no_bump_of_many_threads_is_lost(meta: Meta) -> None:
    def one_bump(_: int) -> int:
        with meta.write() as conn:
            return bump(conn, "keys")

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(one_bump, range(40)))

    assert sorted(seen) == list(range(1, 41))
    assert meta.revision("keys") == 40


def test_a_revision_that_was_never_bumped_is_zero(meta: Meta) -> None:
    assert meta.revision("rules") == 0


def test_a_bump_that_was_rolled_back_is_not_seen(meta: Meta) -> None:
    with pytest.raises(ZeroDivisionError):
        add_org_then_raise(meta)

    assert meta.revision("keys") == 0


def test_a_revision_starts_from_what_was_there(meta: Meta) -> None:
    with meta.write() as conn:
        bump(conn, "keys")
        conn.execute(update(revisions).values(number=7))

    with meta.write() as conn:
        assert bump(conn, "keys") == 8


def take(meta: Meta, holder: str, now_ms: int) -> bool:
    with meta.write() as conn:
        return lease(conn, "rules", holder, ttl_ms=1_000, now_ms=now_ms)


def test_a_lease_has_one_holder(meta: Meta) -> None:
    assert take(meta, "a", now_ms=0)
    assert not take(meta, "b", now_ms=999)


def test_its_holder_renews_a_lease(meta: Meta) -> None:
    assert take(meta, "a", now_ms=0)
    assert take(meta, "a", now_ms=900)
    assert not take(meta, "b", now_ms=1_899)


def test_a_lease_that_ran_out_goes_to_the_next(meta: Meta) -> None:
    assert take(meta, "a", now_ms=0)
    assert take(meta, "b", now_ms=1_000)
    assert not take(meta, "a", now_ms=1_001)


def test_of_many_that_want_a_lease_one_gets_it(meta: Meta) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: take(meta, f"worker-{n}", now_ms=0), range(8)))

    assert sum(won) == 1


def test_a_revision_bumped_by_another_process_is_seen_at_once(meta_url: str) -> None:
    mine, other = open_meta(meta_url), open_meta(meta_url)
    mine.upgrade()
    seen = []
    for _ in range(50):
        with other.write() as conn:
            bump(conn, "keys")
        seen.append(mine.revision("keys"))
    mine.close()
    other.close()

    assert seen == list(range(1, 51))
