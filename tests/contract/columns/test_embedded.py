"""What only the form inside the process must do: its directory, its connections, its crashes."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.contract.columns.crash_child import ROWS_PER_BATCH
from watchkeeper.store.columns import (
    Columns,
    DataDirInUse,
    EmbeddedOptions,
    StoreUnavailable,
)
from watchkeeper.store.columns.embedded import open_embedded
from watchkeeper.store.columns.engine import ConnectionPool

MODULE = "tests.contract.columns.crash_child"
ROOT = Path(__file__).parents[3]


def start(verb: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, verb, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def answer(verb: str, *arguments: object) -> str:
    out, _ = start(verb, *arguments).communicate(timeout=60)
    return out.strip()


def killed_while_writing(directory: Path, first: int, acknowledged: int) -> list[int]:
    """Write from batch `first` on; kill -9 once `acknowledged` are; the acknowledged batches."""
    child = start("write", directory, first, first + 10_000)
    assert child.stdout is not None
    stored = [int(child.stdout.readline()) for _ in range(acknowledged)]
    child.kill()
    rest = child.stdout.read().split("\n")
    child.wait()
    return stored + [int(line) for line in rest[:-1]]


def test_kill_9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(3)
    acknowledged: list[int] = []
    for _ in range(4):
        first = len(acknowledged)
        acknowledged += killed_while_writing(tmp_path, first, chance.randrange(1, 12))
        assert acknowledged == list(range(len(acknowledged)))
        seen = json.loads(answer("count", tmp_path))
        whole = [[batch, ROWS_PER_BATCH] for batch in acknowledged]
        in_flight = [[len(acknowledged), ROWS_PER_BATCH]]
        assert seen["samples"] in (whole, whole + in_flight)
    batches = len(acknowledged) + 1
    answer("write", tmp_path, 0, batches)
    after: dict[str, Any] = json.loads(answer("count", tmp_path))
    assert after["samples"] == [[batch, ROWS_PER_BATCH] for batch in range(batches)]
    assert after["errors"] == after["rolled"] == batches


def test_a_directory_has_one_process(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        child = start("write", tmp_path, 0, 10_000)
        assert child.stdout is not None
        assert thread.submit(child.stdout.readline).result(timeout=60) == "0\n"
        refused = answer("open", tmp_path)
        child.kill()
        child.communicate()
    assert refused.startswith("DataDirInUse ")
    assert "\n" not in refused
    assert str(tmp_path) in refused
    assert answer("open", tmp_path) == "ok"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Columns, Path]]:
    path = tmp_path_factory.mktemp("embedded")
    columns = open_embedded(path, options=EmbeddedOptions())
    columns.migrate()
    yield columns, path
    columns.close()


def test_a_directory_is_opened_once_in_a_process(opened: tuple[Columns, Path]) -> None:
    with pytest.raises(DataDirInUse, match="open in another process"):
        open_embedded(opened[1], options=EmbeddedOptions())
    assert opened[0].health().ok


def test_who_finds_no_free_connection_is_told_so(opened: tuple[Columns, Path]) -> None:
    pool = ConnectionPool(opened[1], 1, EmbeddedOptions(wait_s=0.01))
    with pool.lend(), pytest.raises(StoreUnavailable) as busy, pool.lend():
        pass
    assert busy.value.retryable
    with pool.lend() as connection:
        assert connection.query("SELECT 1", "TSV").bytes() == b"1\n"
    pool.close()
    with pytest.raises(StoreUnavailable, match="closed"), pool.lend():
        pass


def test_a_connection_is_never_lent_to_two_threads(opened: tuple[Columns, Path]) -> None:
    pool = ConnectionPool(opened[1], 3, EmbeddedOptions())
    held: set[int] = set()
    lock = threading.Lock()

    def borrow(_: int) -> int:
        with pool.lend() as connection:
            with lock:
                assert id(connection) not in held
                held.add(id(connection))
            connection.query("SELECT count() FROM numbers(1000)")
            with lock:
                held.remove(id(connection))
            return id(connection)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(borrow, range(200)))) <= 3
    pool.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from watchkeeper.store.columns import EmbeddedOptions\n"
        "from watchkeeper.store.columns.embedded import open_embedded\n"
        f"store = open_embedded(Path({str(tmp_path)!r}), options=EmbeddedOptions())\n"
        "store.close()\n"
        "print(store.health().detail)\n"
        f"open_embedded(Path({str(tmp_path)!r}), options=EmbeddedOptions()).migrate()\n"
        "print('opened again')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert run.stdout.splitlines() == ["The column store is closed.", "opened again"]


def test_an_open_store_stays_small_and_leaves_pyarrow_out(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from watchkeeper.store.columns import EmbeddedOptions\n"
        "from watchkeeper.store.columns.embedded import open_embedded\n"
        f"store = open_embedded(Path({str(tmp_path)!r}), options=EmbeddedOptions())\n"
        "store.migrate()\n"
        "print('pyarrow' in sys.modules, 'pandas' in sys.modules, flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "False False\n"
    resident_mb = psutil.Process(child.pid).memory_info().rss / 1e6
    child.communicate()
    assert resident_mb < 260


def test_a_query_over_many_rows_has_the_threads_it_was_given(
    opened: tuple[Columns, Path],
) -> None:
    """The engine would give it one for each GiB that is free, and all of it has less than that."""
    columns, _path = opened
    columns.execute("CREATE TABLE many (n UInt64) ENGINE = MergeTree ORDER BY n")
    columns.execute("INSERT INTO many SELECT number FROM numbers(400000)")

    told = columns.fetch("EXPLAIN PIPELINE SELECT sum(n) FROM many WHERE n % 7 = 0", fmt="TSVRaw")

    found = re.search(r"AggregatingTransform \W (\d+)", told.decode())
    assert found
    assert int(found[1]) == EmbeddedOptions().threads


def test_a_merged_part_keeps_a_map_by_key_and_in_its_order(opened: tuple[Columns, Path]) -> None:
    columns, _path = opened
    columns.migrate()
    columns.execute("ALTER TABLE logs MODIFY SETTING min_bytes_for_wide_part = 0")
    keys = [f"k{n}" for n in range(20)]
    for part in range(2):
        columns.execute(
            "INSERT INTO logs (project_id, ts, attributes) SELECT 1, now64(3, 'UTC'), "
            "CAST(({keys:Array(String)}, arrayMap(k -> k || '!', {keys:Array(String)})), "
            "'Map(LowCardinality(String), String)')",
            {"keys": keys if part else keys[::-1]},
        )
    columns.execute("OPTIMIZE TABLE logs FINAL")

    rows = columns.rows("SELECT attributes, attributes['k7'], attributes['no'] FROM logs")
    assert [one for _map, *one in rows] == [["k7!", ""]] * 2
    assert sorted(list(found) for found, *_ in rows) == sorted([keys, keys[::-1]])
    (files,) = columns.rows(
        "SELECT files FROM system.parts WHERE active AND table = 'logs' AND level > 0"
    )
    (plain,) = columns.rows(
        "SELECT files FROM system.parts WHERE active AND table = 'logs_1m' LIMIT 1"
    )
    assert int(files[0]) > int(plain[0]) + 8  # a group of keys has files of its own
