"""A person is erased from every store; the files are searched, and others stay."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, insert, select

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.e2e.plain_files import found_in_files, uncompress
from tests.fakes.clock import HandClock
from watchkeeper.app.backup import Copy, back_up
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.erase import ErasedFrom, EraseRequest, EraseStep, Stores, erase, sought_of
from watchkeeper.model import Kind, Record, person_hash, person_key
from watchkeeper.privacy import anonymous_id
from watchkeeper.store.blobs.directory import DirectoryBlobs
from watchkeeper.store.columns import TABLES, ColumnErasure, EmbeddedOptions, Table
from watchkeeper.store.columns.embedded import open_embedded
from watchkeeper.store.columns.sums import SUMS, Sum
from watchkeeper.store.meta import fate_of, open_meta, tables
from watchkeeper.store.spool import SegmentWriter

PERSON = "ada-lovelace-77"
EMAIL = "ada@example.org"
OTHER = "grace-hopper-88"
PROJECT = 7


_NEVER_PERSONAL = {"trace_id", "level", "environment", "release"}
"""What the views of counts and traces copy: ids of 32 hex digits, and words about the program."""


def _literal(table: Table, name: str, kind: str, person: str, series_id: int) -> str:
    """A value of a column; the texts name the person."""
    if name == "project_id":
        return str(PROJECT)
    if name == "series_id":
        return str(series_id)
    if name in _NEVER_PERSONAL:
        return "'x'"
    if (special := _special_literal(kind, person)) is not None:
        return special
    if name == "blob":
        return f"'attachments/20261121/{PROJECT}/{person}'"
    if kind.startswith("Map("):
        return f"map('user.id', '{person}')"
    if kind.startswith(
        ("DateTime", "Date", "SimpleAggregateFunction(min", "SimpleAggregateFunction(max")
    ):
        return "now()"
    if "String" in kind and "Aggregate" not in kind and not kind.startswith("FixedString"):
        return f"'about {person}!'" if name not in (table.person or ()) else f"'{person}'"
    return "'x'" if kind.startswith("FixedString") else "1"


def _special_literal(kind: str, person: str) -> str | None:
    if kind.startswith("Array(") and "String" in kind:
        return f"['about {person}!']"
    if "sumMap" in kind:
        return "([1], [1])"
    is_text = kind.startswith("SimpleAggregateFunction") and "String" in kind
    return f"'about {person}!'" if is_text else None


def count(stores: Stores, table: str) -> int:
    return int(stores.columns.rows(f"SELECT count() FROM {table}")[0][0])


def fill(columns: Any) -> None:
    """A row of each table about the person, and one about somebody else."""
    for table in TABLES:
        written = [c for c in table.columns if not c.type.startswith("AggregateFunction")]
        names = ", ".join(column.name for column in written)
        for series_id, about in ((1, PERSON), (2, OTHER)):
            person = "nobody" if table.impersonal else about
            values = ", ".join(
                _literal(table, column.name, column.type, person, series_id) for column in written
            )
            columns.execute(f"INSERT INTO {table.name} ({names}) SELECT {values}")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    data_dir = DataDir(tmp_path_factory.mktemp("erase"))
    data_dir.prepare()
    columns = open_embedded(data_dir.columns, options=EmbeddedOptions())
    columns.migrate()
    uncompress(columns)
    fill(columns)
    meta = open_meta(data_dir.meta_url)
    meta.upgrade()
    blobs = DirectoryBlobs(data_dir.blobs)
    made = Stores(meta=meta, columns=columns, blobs=blobs, data_dir=data_dir)
    fill_the_rest(made)
    yield made
    columns.close()
    meta.close()


def fill_the_rest(stores: Stores) -> None:
    """Dead letters, an issue, blobs and records of the spool, about the one and the other."""
    with stores.meta.write() as conn:
        for at, person in enumerate((PERSON, OTHER), 1):
            conn.execute(
                insert(tables.dead_letters).values(
                    project_id=PROJECT,
                    kind=3,
                    at_ms=1,
                    reason="r",
                    detail="d",
                    payload=f"of {person}".encode(),
                )
            )
            conn.execute(
                insert(tables.rejections).values(
                    project_id=PROJECT,
                    at_ms=at,
                    method="POST",
                    path=f"/{person}",
                    status=400,
                    reason="r",
                    sender="s",
                )
            )
    packed = zlib.compress(json.dumps([{"text": PERSON}]).encode())
    stores.blobs.put(f"replays/20261121/{PROJECT}/r1/0-recording", packed)
    stores.blobs.put(f"replays/20261121/{PROJECT}/r2/0-recording", b'{"text": "nobody"}')
    spool = SegmentWriter(stores.data_dir.spool, "edge", clock=HandClock())
    spool.append_blocking(
        [
            Record(Kind.ERROR_EVENT, PROJECT, 1, f'{{"user": "{person}"}}'.encode())
            for person in (PERSON, OTHER)
        ]
    )
    spool.close()


def test_the_command_erases_while_the_server_runs(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    facts = server.setup()
    columns = open_embedded(server.data_dir / "columns", options=EmbeddedOptions())
    columns.migrate()
    uncompress(columns)
    columns.close()
    try:
        server.start()
        dsn = httpx.URL(str(facts["sentry_dsn"]))
        auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={dsn.username}"}
        for person in (PERSON, OTHER):
            body = json.dumps({"message": f"m {person}", "user": {"id": person}})
            url = f"{server.url}/api/{facts['project_id']}/store/"
            assert httpx.post(url, content=body, headers=auth).status_code == 200
        eventually(
            lambda: OTHER in _issues(server, facts), within_s=90, what="both events being stored"
        )
        done = subprocess.run(
            server.command("erase", "--user", PERSON, "--json"), capture_output=True, check=False
        )
        printed = json.loads(done.stdout)
        assert (done.returncode, printed["ok"], printed["left"]) == (0, True, [])
        assert found_in_files(server.data_dir, [PERSON]) == {}
        assert PERSON not in _issues(server, facts)
    finally:
        server.kill()


def test_backups_are_searched_and_rewritten(tmp_path: Path) -> None:
    """One without the person, one with them, one that no program can open."""
    server = Server(tmp_path / "data")
    facts = server.setup()
    backups = {name: tmp_path / name for name in ("before", "with", "broken")}
    try:
        server.start()
        _run(server, "backup", str(backups["before"]))
        dsn = httpx.URL(str(facts["sentry_dsn"]))
        auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={dsn.username}"}
        url = f"{server.url}/api/{facts['project_id']}/store/"
        for person in (PERSON, OTHER):
            body = json.dumps({"message": f"m {person}", "user": {"id": person}})
            assert httpx.post(url, content=body, headers=auth).status_code == 200
        eventually(lambda: OTHER in _issues(server, facts), within_s=90, what="both being stored")
        _run(server, "backup", str(backups["with"]))
        _run(server, "backup", str(backups["broken"]))
    finally:
        server.kill()
    shutil.rmtree(backups["broken"] / "columns")
    made_ms = json.loads((backups["with"] / "backup.json").read_text())["at_ms"]

    looked = json.loads(_run(server, "erase", "--user", PERSON, "--dry-run", "--backups", "--json"))
    erased = json.loads(_run(server, "erase", "--user", PERSON, "--backups", "--json", status=1))
    again = json.loads(_run(server, "erase", "--user", PERSON, "--dry-run", "--backups", "--json"))

    def rows(printed: dict[str, Any]) -> list[int | None]:
        return [one["rows"] for one in printed["searched_backups"]]

    before, held, broken = rows(looked)
    assert (before, broken) == (0, None)
    assert held is not None
    assert held >= 2  # the event and its issue
    assert [one["is_rewritten"] for one in erased["searched_backups"]] == [False, True, False]
    assert erased["left"] == []
    assert "failed" in erased["searched_backups"][2]["problem"]
    assert rows(again) == [0, 0, None]
    assert json.loads((backups["with"] / "backup.json").read_text())["at_ms"] == made_ms
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def _run(server: Server, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(server.command(*arguments), capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout


def test_every_table_says_how_a_person_is_found_in_it() -> None:
    undecided = [
        table.name
        for table in TABLES
        if (table.person is not None) + table.of_series + bool(table.impersonal) != 1
    ]
    relational = [name for name in tables.metadata.tables if fate_of(name) is None]

    assert undecided == []
    assert relational == []


def test_a_person_is_erased_everywhere_and_others_stay(stores: Stores) -> None:
    root = stores.data_dir.root
    assert len(found_in_files(root, [PERSON])[PERSON]) > len(TABLES) / 2

    dry = list(erase(EraseRequest(user=PERSON, dry_run=True), stores))[-1]
    before = {table.name: count(stores, table.name) for table in TABLES}
    theirs = {each.place: each.rows for each in dry.erased if each.store == "columns"}
    steps = list(erase(EraseRequest(user=PERSON), stores))
    last = steps[-1]

    personal = {t.name for t in TABLES if not t.impersonal}
    sums = {one.table.name for one in SUMS}
    assert {e.place for e in dry.erased if e.store == "columns"} == personal | sums
    assert last.left == ()
    assert found_in_files(root, [PERSON]) == {}
    assert OTHER in found_in_files(root, [OTHER])
    for table in personal:
        assert count(stores, table) == before[table] - theirs[table] > 0, table
    assert list(stores.blobs.keys("replays/")) == [f"replays/20261121/{PROJECT}/r2/0-recording"]
    assert {e.store for e in last.erased} == {"columns", "meta", "blobs", "spool"}
    assert steps[-1].done == steps[-1].total


def found(stores: Stores, request: EraseRequest) -> EraseStep:
    """What would be erased."""
    (step,) = erase(replace(request, dry_run=True), stores)
    return step


def test_someone_known_by_an_e_mail_is_found_by_its_pseudonym(stores: Stores) -> None:
    pseudonym = anonymous_id(EMAIL, stores.data_dir.salt())
    stores.columns.execute(
        "INSERT INTO sessions (project_id, ts, received, user_key, session_id) "
        f"SELECT {PROJECT}, now(), now(), '{pseudonym}', 's9'"
    )

    step = found(stores, EraseRequest(user=EMAIL.upper()))

    assert step.erased == tuple(
        ErasedFrom(store="columns", place=place, rows=1)
        for place in ("sessions", "session_states", "sessions_1h")
    )


def test_another_project_is_left_alone(stores: Stores) -> None:
    for project in (11, 12):
        stores.columns.execute(
            "INSERT INTO logs (project_id, ts, body, user_key) "
            f"SELECT {project}, now(), 'b', 'lin-yutang-5'"
        )

    step = found(stores, EraseRequest(user="lin-yutang-5", projects=(11,)))

    assert step.erased == (ErasedFrom(store="columns", place="logs", rows=1),)


def test_a_short_id_counts_as_a_whole_value_only(stores: Stores) -> None:
    for key, body in (("42", "of 42"), ("43", "42 rows")):
        stores.columns.execute(
            f"INSERT INTO logs (project_id, ts, body, user_key) SELECT 13, now(), '{body}', '{key}'"
        )

    step = found(stores, EraseRequest(user="42"))

    assert step.erased == (ErasedFrom(store="columns", place="logs", rows=1),)
    assert "too short" in step.notes[0]


def test_a_short_id_is_found_under_the_key_of_a_person(stores: Stores) -> None:
    stores.columns.execute(
        "INSERT INTO logs (project_id, ts, body, user_key) SELECT 15, now(), 'b', 'id:97'"
    )

    step = found(stores, EraseRequest(user="97"))

    assert step.erased == (ErasedFrom(store="columns", place="logs", rows=1),)


def test_sums_of_errors_no_longer_count_the_person(stores: Stores) -> None:
    put = (
        "INSERT INTO errors (project_id, grouping_hash, ts, received, user_key, level) SELECT 21, "
    )
    for at, person in enumerate(("kim-novak-1", "kim-novak-1", OTHER)):
        when = f"toDateTime64('2026-11-20 10:0{at}:00', 3, 'UTC'), now()"
        stores.columns.execute(f"{put} 5, {when}, 'id:{person}', 'error'")
    stores.columns.execute(f"{put} 6, {when}, 'id:x', 'error'")
    # The sum of an hour whose errors have expired: nothing can make it anew.
    stores.columns.execute(
        "INSERT INTO errors_1h (project_id, grouping_hash, bucket, level, events) "
        "SELECT 21, 5, toDateTime('2026-09-01 10:00:00', 'UTC'), 'error', 40"
    )
    sought = sought_of(EraseRequest(user="kim-novak-1"), b"salt")
    erasure = ColumnErasure(stores.columns)

    done = list(erasure.erase(sought, erasure.find(sought)))

    assert done == ["errors", "errors_1h", "errors_1d", "error_totals_1h"]

    for table in ("errors_1h", "errors_1d"):
        sums = stores.columns.rows(
            "SELECT grouping_hash, sum(events), uniqCombined64Merge(users) "
            f"FROM {table} WHERE project_id = 21 GROUP BY grouping_hash ORDER BY grouping_hash"
        )
        events = 41 if table == "errors_1h" else 1
        assert [tuple(map(int, row)) for row in sums] == [(5, events, 1), (6, 1, 1)]
    of_all = stores.columns.rows(
        "SELECT sum(events), uniqCombined64Merge(users) FROM error_totals_1h WHERE project_id = 21"
    )
    assert [tuple(map(int, row)) for row in of_all] == [(2, 2)]


@pytest.mark.parametrize("one", SUMS, ids=lambda one: one.table.name)
def test_who_is_in_a_sum_whose_rows_have_expired_becomes_nobody(stores: Stores, one: Sum) -> None:
    people, project = one.people[0], 22
    kind = "p" if one.source.name == "sessions" else "nullIf(p, '')"
    when = "toStartOfHour(now() - INTERVAL 40 DAY)"
    stores.columns.execute(
        f"INSERT INTO {one.table.name} (project_id, {one.bucket}, {people}) "
        f"SELECT {project}, {when}, uniqCombined64State({kind}) "
        "FROM (SELECT arrayJoin(['id:lev-kuleshov', 'id:b', 'id:c']) AS p)"
    )
    sought = sought_of(EraseRequest(user="lev-kuleshov", projects=(project,)), b"salt")
    erasure = ColumnErasure(stores.columns)
    found = erasure.find(sought)

    done = list(erasure.erase(sought, found))

    assert ([each.table for each in found], done) == ([one.table.name], [one.table.name])
    assert erasure.find(sought) == []
    ((left,),) = stores.columns.rows(
        f"SELECT uniqCombined64Merge({people}) FROM {one.table.name} WHERE project_id = {project}"
    )
    assert int(str(left)) == 2


def test_the_relational_store_is_changed_in_the_project_only(stores: Stores) -> None:
    person = "ines-castro-3"
    with stores.meta.write() as conn:
        conn.execute(insert(tables.organisations).values(id=1, slug="o", name="o", created_ms=1))
        for project in (31, 32):
            _fill_project(conn, project, person)

    last = list(erase(EraseRequest(user=person, projects=(31,)), stores))[-1]

    assert {(one.place, one.rows) for one in last.erased} == {
        ("issues", 1), ("issue_activity", 1), ("issue_ignored_users", 1),
    }  # fmt: skip
    assert last.left == ()
    with stores.meta.read() as conn:
        issues = tables.issues
        titles = {row.project_id: row.title for row in conn.execute(select(issues)).all()}
        hashes = conn.execute(select(tables.issue_ignored_users.c.issue_id)).scalars().all()
    assert titles == {31: "of [Erased]", 32: f"of {person}"}
    assert hashes == [32]


def _fill_project(conn: Connection, project: int, person: str) -> None:
    """A project with an issue about the person; its id is the project's."""
    named = {"id": project, "org_id": 1, "slug": f"p{project}", "name": "p", "created_ms": 1}
    conn.execute(insert(tables.projects).values(named))
    needed = {
        column.name: "" if column.type.python_type is str else 0
        for column in tables.issues.columns
        if not column.nullable and column.default is None and column.server_default is None
    }
    about = {"id": project, "project_id": project, "number": 1, "title": f"of {person}"}
    conn.execute(insert(tables.issues).values(needed | about))
    told = {"issue_id": project, "at_ms": 1, "actor": "a", "kind": "k", "facts": {"text": person}}
    conn.execute(insert(tables.issue_activity).values(told))
    ignored = {"issue_id": project, "user_hash": person_hash(person_key(person))}
    conn.execute(insert(tables.issue_ignored_users).values(ignored))


def test_backups_that_may_hold_the_person_are_listed(stores: Stores, tmp_path: Path) -> None:
    for name in ("first", "second", "gone"):
        steps = back_up(
            stores.meta,
            stores.columns,
            stores.data_dir,
            tmp_path / name,
            clock=HandClock(1_795_000_000_000 if name == "first" else 1_796_000_000_000),
            digest_paused=contextlib.nullcontext(),
        )
        assert list(steps)[-1].done == 4
    shutil.rmtree(tmp_path / "gone")

    step = found(stores, EraseRequest(user="nobody-at-all"))

    assert step.backups == (
        Copy(path=str(tmp_path / "first"), at_ms=1_795_000_000_000),
        Copy(path=str(tmp_path / "second"), at_ms=1_796_000_000_000),
    )


def test_a_longer_id_that_begins_the_same_is_somebody_else(stores: Stores) -> None:
    stores.columns.execute(
        "INSERT INTO logs (project_id, ts, body, user_key) "
        "SELECT 14, now(), 'of marie-1234', 'marie-1234'"
    )

    assert found(stores, EraseRequest(user="marie-123")).erased == ()


def test_a_step_is_read_back_as_it_was_told() -> None:
    step = EraseStep(
        done=3,
        total=3,
        what="proof",
        erased=(ErasedFrom(store="s", place="p", rows=2),),
        notes=("n",),
        backups=(Copy(path="/b", at_ms=5),),
    )

    assert EraseStep.of(json.loads(json.dumps(step.fields()))) == step


def _issues(server: Server, facts: dict[str, object]) -> str:
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    url = f"{server.url}/api/wk/projects/{facts['project_id']}/issues"
    return httpx.get(url, headers=headers).text
