"""What both forms of the column store must do alike."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.contract.columns.conftest import Store
from tests.contract.columns.rows import (
    ERROR_COLUMNS,
    SAMPLE_COLUMNS,
    START_MS,
    error_row,
    insert_errors,
    insert_samples,
)
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.columns import (
    EXEMPLARS,
    HISTOGRAMS,
    LOGS,
    METADATA,
    SERIES,
    TABLES,
    BatchRefused,
    Columns,
    QueryFailed,
    QueryTooHeavy,
    SchemaTooNew,
    StoreUnavailable,
    encode_rows,
    errors,
    fetch_arrays,
    migrations,
    samples_block,
    split_by_day,
)
from watchkeeper.store.columns.schema import SchemaOptions

COUNT_SAMPLES = "SELECT count() FROM samples WHERE project_id = {p:UInt32}"


def count_samples(columns: Columns, project: int) -> int:
    return int(columns.rows(COUNT_SAMPLES, {"p": project})[0][0])


def test_each_table_gives_back_what_was_written(columns: Columns, project: int) -> None:
    rows_of = {
        SERIES: (project, 20_778, "up", 2**64 - 1, {"job": "a\nb", "": "x'\\", "k": ""}),
        METADATA: (project, "up", "gauge", "help \U0001f600", "", START_MS),
        LOGS: (
            *(project, START_MS + 1, "info", "web", "line\0\t" + "x" * 300, {"a": "b"}, "t", "s"),
            *(START_MS + 2, 999_999, 9, "production", "web@1", "web-1", "r", "id:1", "s1", "json"),
        ),
    }
    for table, row in rows_of.items():
        names = [column.name for column in table.columns]
        columns.insert(table.name, names, encode_rows(table, names, [row]), token=None)
    assert columns.rows("SELECT * FROM series WHERE project_id = {p:UInt32}", {"p": project}) == [
        [project, "2026-11-21", "up", 2**64 - 1, {"job": "a\nb", "": "x'\\", "k": ""}]
    ]
    assert columns.rows(
        "SELECT help, toUnixTimestamp64Milli(seen) FROM metric_metadata "
        "WHERE project_id = {p:UInt32}",
        {"p": project},
    ) == [["help \U0001f600", START_MS]]
    assert columns.rows(
        "SELECT toUnixTimestamp64Milli(ts), severity, body, attributes, trace_id FROM logs "
        "WHERE project_id = {p:UInt32}",
        {"p": project},
    ) == [[START_MS + 1, "info", "line\0\t" + "x" * 300, {"a": "b"}, "t"]]


def test_histograms_and_exemplars_come_back_as_written(columns: Columns, project: int) -> None:
    rows_of = {
        HISTOGRAMS: (project, 7, START_MS, bytes(range(256))),
        EXEMPLARS: (project, 7, START_MS, 0.25, {"trace_id": "ab12"}),
    }
    for table, row in rows_of.items():
        names = [column.name for column in table.columns]
        for _ in range(2):
            block = encode_rows(table, names, [row])
            columns.insert(table.name, names, block, token=f"{project}:{table.name}")
    where = "WHERE project_id = {p:UInt32}"
    assert columns.rows(f"SELECT hex(histogram) FROM histograms {where}", {"p": project}) == [
        [bytes(range(256)).hex().upper()]
    ]
    assert columns.rows(f"SELECT value, labels FROM exemplars {where}", {"p": project}) == [
        [0.25, {"trace_id": "ab12"}]
    ]


def test_an_error_row_comes_back_whole(columns: Columns, project: int) -> None:
    row = error_row(project, 7)
    insert_errors(columns, [row])
    sql = (
        "SELECT project_id, grouping_hash, toUnixTimestamp64Milli(ts), "
        "toUnixTimestamp64Milli(received), "
        + ", ".join(ERROR_COLUMNS[4:])
        + " FROM errors WHERE project_id = {p:UInt32}"
    )
    assert columns.rows(sql, {"p": project}) == [list(row)]


def test_samples_come_back_as_arrays_bit_for_bit(columns: Columns, project: int) -> None:
    values = [0.1, -0.0, math.inf, -math.inf, math.nan, 5e-324]
    insert_samples(columns, project, [(1, at, value) for at, value in enumerate(values)])
    got = fetch_arrays(
        columns,
        "SELECT ts, value FROM samples WHERE project_id = {p:UInt32} ORDER BY ts",
        {"p": project},
        np.dtype([("ts", "<i8"), ("value", "<f8")]),
    )
    assert got["ts"].tolist() == [START_MS + at for at in range(len(values))]
    assert got["value"].tobytes() == np.array(values).tobytes()


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE samples; --",
        "x' OR 1=1 OR '",
        "\\",
        "\\'",
        "\\t",
        "tab\tnewline\nreturn\r",
        "\0",
        "\\N",
        "{p:String}",
        "",
        "é\U0001f600",
        "\b\f\v",
    ],
)
def test_a_parameter_is_a_value_and_never_text_of_the_query(columns: Columns, text: str) -> None:
    sql = "SELECT {p:String}, {list:Array(String)}, length({p:String})"
    assert columns.rows(sql, {"p": text, "list": [text, text]}) == [
        [text, [text, text], len(text.encode())]
    ]
    assert columns.rows("EXISTS TABLE samples") == [[1]]


def test_parameters_of_each_kind(columns: Columns) -> None:
    sql = (
        "SELECT {u:UInt64}, {i:Int64}, {f:Float64}, {b:UInt8}, {l:Array(UInt64)}, {e:Array(UInt32)}"
    )
    params = {"u": 2**64 - 1, "i": -1, "f": 1e300, "b": True, "l": (1, 2**63), "e": []}
    assert columns.rows(sql, params) == [[2**64 - 1, -1, 1e300, 1, [1, 2**63], []]]
    assert columns.rows("SELECT {n:Nullable(String)}", {"n": None}) == [[None]]


def test_a_parameter_of_another_kind_is_refused(columns: Columns) -> None:
    with pytest.raises(QueryFailed):
        columns.rows("SELECT {n:UInt8}", {"n": "1 OR 1"})
    with pytest.raises(ValueError, match="identifier"):
        columns.rows("SELECT {n:UInt8}", {"n=1; --": 1})


def test_names_of_tables_and_columns_come_from_a_closed_set(columns: Columns) -> None:
    with pytest.raises(ValueError, match="no such table"):
        columns.insert("samples; DROP TABLE samples", ["a"], b"", token=None)
    with pytest.raises(ValueError, match="has no column"):
        columns.insert("samples", ["project_id) --"], b"", token=None)
    with pytest.raises(ValueError, match="no such table"):
        columns.drop_partition("x", "20261121")
    with pytest.raises(ValueError, match="YYYYMMDD"):
        columns.drop_partition("samples", "2026-11-21")
    with pytest.raises(ValueError, match="not partitioned by day"):
        columns.drop_partition("metric_metadata", "20261121")


def test_a_token_counts_its_batch_once(columns: Columns, project: int) -> None:
    points = [(series, 0, 1.0) for series in range(10)]
    for _ in range(3):
        insert_samples(columns, project, points, token=f"cut-{project}-0-10")
    assert count_samples(columns, project) == 10
    insert_samples(columns, project, points, token=f"cut-{project}-10-20")
    assert count_samples(columns, project) == 20


def test_a_token_counts_once_behind_the_view_too(columns: Columns, project: int) -> None:
    first = [error_row(project, number) for number in range(5)]
    second = [error_row(project, number) for number in range(5, 7)]
    for rows, token in [(first, "a"), (first, "a"), (second, "b"), (first, "a"), (second, "b")]:
        insert_errors(columns, rows, token=f"{project}-{token}")
    sql = (
        "SELECT sum(events), uniqCombined64Merge(users), toUnixTimestamp(min(bucket)) "
        "FROM errors_1h WHERE project_id = {p:UInt32}"
    )
    assert columns.rows(sql, {"p": project}) == [[7, 3, START_MS // 1000]]


@pytest.mark.parametrize("tokens", [("x", "y"), (None, None)])
def test_equal_rows_of_two_batches_are_both_kept(
    columns: Columns, project: int, tokens: tuple[str | None, str | None]
) -> None:
    for token in tokens:
        insert_samples(columns, project, [(1, 0, 1.0)], token=token and f"{project}-{token}")
        insert_errors(columns, [error_row(project, 1)], token=token and f"{project}-{token}")
    sql = "SELECT sum(events) FROM errors_1h WHERE project_id = {p:UInt32}"
    assert count_samples(columns, project) == 2
    assert columns.rows(sql, {"p": project}) == [[2]]


def test_a_large_batch_of_several_blocks_counts_once(columns: Columns, project: int) -> None:
    many = 1_300_000
    block = samples_block(
        np.full(many, project), np.arange(many), np.full(many, START_MS), np.ones(many)
    )
    for _ in range(2):
        columns.insert("samples", SAMPLE_COLUMNS, block, token=f"{project}-large")
    assert count_samples(columns, project) == many


def test_a_view_that_fails_fails_the_insert(columns: Columns, project: int) -> None:
    columns.execute("RENAME TABLE errors_1h TO errors_1h_away")
    try:
        with pytest.raises(StoreUnavailable):
            insert_errors(columns, [error_row(project, 1)], token=f"{project}-view")
    finally:
        columns.execute("RENAME TABLE errors_1h_away TO errors_1h")
    insert_errors(columns, [error_row(project, 1)], token=f"{project}-view")
    counts = columns.rows(
        "SELECT (SELECT count() FROM errors WHERE project_id = {p:UInt32}), "
        "(SELECT sum(events) FROM errors_1h WHERE project_id = {p:UInt32})",
        {"p": project},
    )
    assert counts == [[1, 1]]


def test_rows_over_too_many_days_are_refused_and_split_by_day_is_the_way(
    columns: Columns, project: int
) -> None:
    days = np.arange(101)
    ts = START_MS + days * DAY_MS
    block = samples_block(np.full(101, project), days, ts, np.ones(101))
    with pytest.raises(BatchRefused):
        columns.insert("samples", SAMPLE_COLUMNS, block, token=None)
    for rows in split_by_day(ts // DAY_MS):
        part = samples_block(np.full(rows.size, project), days[rows], ts[rows], np.ones(rows.size))
        columns.insert("samples", SAMPLE_COLUMNS, part, token=None)
    kept = columns.rows(
        "SELECT count(), uniqExact(toDate(ts)) FROM samples WHERE project_id = {p:UInt32}",
        {"p": project},
    )
    assert kept == [[101, 101]]


def test_torn_rows_are_refused_whole(columns: Columns, project: int) -> None:
    block = samples_block([project] * 2, [1, 2], [START_MS] * 2, [1.0, 2.0])
    with pytest.raises(BatchRefused) as refused:
        columns.insert("samples", SAMPLE_COLUMNS, block[:-3], token=f"{project}-torn")
    assert refused.value.__cause__ is not None
    assert not refused.value.retryable
    assert count_samples(columns, project) == 0
    columns.insert("samples", SAMPLE_COLUMNS, block, token=f"{project}-torn")
    assert count_samples(columns, project) == 2


@pytest.mark.parametrize(
    ("sql", "settings", "kind"),
    [
        ("SELECT 1 FROM missing", {}, QueryFailed),
        ("SELECT missing FROM samples", {}, QueryFailed),
        ("SELEC 1", {}, QueryFailed),
        ("SELECT throwIf(1)", {}, QueryFailed),
        ("SELECT count() FROM numbers(1e12)", {"max_execution_time": 0.1}, QueryTooHeavy),
        ("SELECT uniqExact(number) FROM numbers(1e8)", {"max_memory_usage": 1e7}, QueryTooHeavy),
        ("SELECT * FROM numbers(100)", {"max_result_rows": 10}, QueryTooHeavy),
    ],
)
def test_errors_are_ours(
    columns: Columns, sql: str, settings: dict[str, float], kind: type[WatchkeeperError]
) -> None:
    whole = {name: int(value) if value > 1 else value for name, value in settings.items()}
    for ask in (columns.rows, columns.execute):
        with pytest.raises(kind) as raised:
            ask(sql, settings=whole)
        assert raised.value.__cause__ is not None
        assert "DB::Exception" not in str(raised.value)


def test_settings_hold_for_one_query_alone(columns: Columns) -> None:
    sql = "SELECT getSetting('max_block_size'), getSetting('max_execution_time')"
    before = columns.rows(sql)
    with pytest.raises(QueryTooHeavy):
        columns.rows("SELECT sleep(1)", settings={"max_execution_time": 0.1, "max_block_size": 7})
    assert columns.rows(sql, settings={"max_block_size": 9, "max_execution_time": 8}) == [[9, 8]]
    assert columns.rows(sql) == before


def test_every_mapped_code_is_the_one_that_is_meant(columns: Columns) -> None:
    meant = {
        "TOO_MANY_ROWS": "QueryTooHeavy",
        "TIMEOUT_EXCEEDED": "QueryTooHeavy",
        "TOO_SLOW": "QueryTooHeavy",
        "TOO_DEEP_AST": "QueryTooHeavy",
        "TOO_BIG_AST": "QueryTooHeavy",
        "MEMORY_LIMIT_EXCEEDED": "QueryTooHeavy",
        "TOO_MANY_BYTES": "QueryTooHeavy",
        "TOO_MANY_ROWS_OR_BYTES": "QueryTooHeavy",
        "QUERY_WAS_CANCELLED": "QueryCancelled",
        "QUERY_WAS_CANCELLED_BY_CLIENT": "QueryCancelled",
        "TOO_MANY_SIMULTANEOUS_QUERIES": "StoreUnavailable",
        "SOCKET_TIMEOUT": "StoreUnavailable",
        "NETWORK_ERROR": "StoreUnavailable",
        "ABORTED": "StoreUnavailable",
        "TABLE_IS_READ_ONLY": "StoreUnavailable",
        "NOT_ENOUGH_SPACE": "StoreUnavailable",
        "TOO_MANY_PARTS": "StoreUnavailable",
        "ALL_CONNECTION_TRIES_FAILED": "StoreUnavailable",
        "UNKNOWN_STATUS_OF_INSERT": "StoreUnavailable",
        "SYSTEM_ERROR": "StoreUnavailable",
        "CANNOT_SCHEDULE_TASK": "StoreUnavailable",
        "KEEPER_EXCEPTION": "StoreUnavailable",
    }
    names = "SELECT errorCodeToName(arrayJoin({codes:Array(UInt32)}))"
    found = columns.rows(names, {"codes": list(errors.QUERY_ERRORS)})
    kinds = [kind.__name__ for kind in errors.QUERY_ERRORS.values()]
    assert dict(zip((name for (name,) in found), kinds, strict=True)) == meant
    refused = columns.rows(names, {"codes": sorted(errors.REFUSED_BATCHES)})
    assert [name for (name,) in refused] == [
        "CANNOT_PARSE_TEXT",
        "CANNOT_PARSE_QUOTED_STRING",
        "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
        "ATTEMPT_TO_READ_AFTER_EOF",
        "CANNOT_READ_ALL_DATA",
        "TYPE_MISMATCH",
        "ARGUMENT_OUT_OF_BOUND",
        "INCORRECT_DATA",
        "TOO_LARGE_ARRAY_SIZE",
        "TOO_LARGE_STRING_SIZE",
        "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
        "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
        "DECIMAL_OVERFLOW",
    ]


def test_eight_threads_write_and_read_their_own(columns: Columns, project: int) -> None:
    def work(thread: int) -> list[int]:
        seen = []
        for round_ in range(5):
            insert_samples(
                columns,
                project,
                [(thread, round_, 1.0)],
                token=f"{project}-{thread}-{round_}",
            )
            sql = COUNT_SAMPLES + " AND series_id = {s:UInt64}"
            seen.append(columns.rows(sql, {"p": project, "s": thread})[0][0])
        return seen

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == [[1, 2, 3, 4, 5]] * 8


def test_a_slow_query_holds_up_no_small_one(columns: Columns) -> None:
    slow_sql = "SELECT sum(sleepEachRow(0.1)) FROM numbers(30) SETTINGS max_block_size = 1"
    with ThreadPoolExecutor(9) as threads:
        slow = threads.submit(columns.rows, slow_sql)
        small = [threads.submit(columns.rows, "SELECT {n:UInt8}", {"n": n}) for n in range(80)]
        answers = [each.result() for each in small]
        slow_was_running = not slow.done()
        assert slow.result() == [[0]]
    assert answers == [[[n]] for n in range(80)]
    assert slow_was_running


def test_migrating_again_changes_nothing(columns: Columns, project: int) -> None:
    insert_samples(columns, project, [(1, 0, 1.0)])
    tables = "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()"
    before = sorted(columns.rows(tables))
    assert columns.migrate() == columns.migrate() == migrations.LATEST
    assert sorted(columns.rows(tables)) == before
    versions = columns.rows("SELECT version FROM schema_version ORDER BY version")
    assert versions == [[step.version] for step in migrations.MIGRATIONS]
    assert count_samples(columns, project) == 1


def test_a_cut_off_migration_is_taken_up_again(columns: Columns, project: int) -> None:
    columns.execute("DROP TABLE samples_1d")
    columns.execute("TRUNCATE TABLE schema_version")
    insert_samples(columns, project, [(1, 0, 1.0)])
    assert columns.migrate() == migrations.LATEST
    assert columns.rows("EXISTS TABLE samples_1d") == [[1]]
    assert count_samples(columns, project) == 1


def test_a_newer_schema_is_refused(columns: Columns) -> None:
    columns.execute("INSERT INTO schema_version (version) SELECT 99")
    try:
        with pytest.raises(
            SchemaTooNew, match=f"schema 99, this program knows {migrations.LATEST}:"
        ):
            columns.migrate()
    finally:
        columns.execute("DELETE FROM schema_version WHERE version = 99")
    assert columns.migrate() == migrations.LATEST


def test_retention_follows_the_options(columns: Columns) -> None:
    sql = (
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'logs'"
    )
    assert "toIntervalDay(7)" in columns.rows(sql)[0][0]
    migrations.migrate(columns, SchemaOptions(retention_days={"logs": 3}))
    assert "toIntervalDay(3)" in columns.rows(sql)[0][0]
    columns.migrate()
    assert "toIntervalDay(7)" in columns.rows(sql)[0][0]


def test_every_table_with_rows_syncs_and_remembers_tokens(columns: Columns) -> None:
    sql = (
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() "
        "AND engine LIKE '%MergeTree' AND name != 'schema_version'"
    )
    found = dict(columns.rows(sql))
    assert len(found) == len(TABLES)
    for engine in found.values():
        assert "fsync_after_insert = 1" in engine
        assert "fsync_part_directory = 1" in engine
        assert "non_replicated_deduplication_window = 1000" in engine


def test_expired_rows_go(columns: Columns, project: int) -> None:
    old = -8 * DAY_MS
    names = ("project_id", "ts", "severity", "body")
    now_ms = int(columns.rows("SELECT toUnixTimestamp64Milli(now64(3))")[0][0])
    rows: list[tuple[object, ...]] = [(project, now_ms + at, "info", "x") for at in (0, old)]
    columns.insert("logs", names, encode_rows(LOGS, names, rows), token=None)
    columns.execute("OPTIMIZE TABLE logs FINAL")
    kept = columns.rows(
        "SELECT toUnixTimestamp64Milli(ts) FROM logs WHERE project_id = {p:UInt32}", {"p": project}
    )
    assert kept == [[now_ms]]


def test_dropping_a_day_leaves_the_others(columns: Columns, project: int) -> None:
    later = 400 * DAY_MS
    insert_samples(columns, project, [(1, later, 1.0), (1, later + DAY_MS, 2.0)])
    columns.drop_partition("samples", "20271226")
    left = columns.rows(
        "SELECT value, toYYYYMMDD(ts) FROM samples WHERE project_id = {p:UInt32}", {"p": project}
    )
    assert left == [[2, 20271227]]


def test_a_backup_brings_everything_back(store: Store, project: int, tmp_path: Path) -> None:
    columns = store.columns
    insert_samples(columns, project, [(series, 0, 1.0) for series in range(100)])
    insert_errors(columns, [error_row(project, number) for number in range(4)])
    columns.backup(tmp_path / "copy")
    for (name,) in columns.rows("SHOW TABLES"):
        columns.execute(f"DROP TABLE {name} SYNC")
    columns.restore(tmp_path / "copy")
    events = "SELECT sum(events) FROM errors_1h WHERE project_id = {p:UInt32}"
    assert columns.migrate() == migrations.LATEST
    assert count_samples(columns, project) == 100
    assert columns.rows(events, {"p": project}) == [[4]]
    insert_errors(columns, [error_row(project, 9)])
    assert columns.rows(events, {"p": project}) == [[5]]


def test_a_backup_is_never_put_over_rows_or_files(
    columns: Columns, project: int, tmp_path: Path
) -> None:
    insert_samples(columns, project, [(1, 0, 1.0)])
    columns.backup(tmp_path / "copy")
    with pytest.raises((FileExistsError, QueryFailed)):
        columns.backup(tmp_path / "copy")
    with pytest.raises(QueryFailed):
        columns.restore(tmp_path / "copy")
    assert count_samples(columns, project) == 1


def test_two_backups_at_once_do_not_meet(columns: Columns, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(columns.backup, [tmp_path / "a", tmp_path / "b"]))
    assert (tmp_path / "a" / ".backup").exists()
    assert (tmp_path / "b" / ".backup").exists()


def test_sizes_and_health(columns: Columns, project: int) -> None:
    insert_samples(columns, project, [(1, 0, 1.0)])
    sizes = {size.table: size for size in columns.sizes()}
    assert sizes["samples"].rows >= 1
    assert sizes["samples"].bytes_on_disk > 0
    assert sizes["samples"].parts >= 1
    health = columns.health()
    assert health.ok
    assert health.version.startswith("26.")
    assert 0 < health.response_ms < 10_000
