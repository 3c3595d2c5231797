"""Spans on both engines."""

from __future__ import annotations

from tests.contract.columns.rows import START_MS
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.store.columns import SPANS, Columns, encode_rows


def test_spans_come_back_as_written_and_their_trace_is_found(
    columns: Columns, project: int
) -> None:
    at_ns = START_MS * 1_000_000 + 123_456
    span = {
        "project_id": project,
        "ts": at_ns,
        "duration_ns": 2**63,
        "received": START_MS,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "is_entry": 1,
        "http_status": 503,
        "attributes": {"a": "b\0"},
    }
    names = [column.name for column in SPANS.columns]
    row = tuple(span.get(name, "") for name in names)
    columns.insert("spans", names, encode_rows(SPANS, names, [row]), token=None)
    where = "WHERE project_id = {p:UInt32}"
    assert columns.rows(
        "SELECT toUnixTimestamp64Nano(ts), duration_ns, is_entry, http_status, attributes "
        f"FROM spans {where}",
        {"p": project},
    ) == [[at_ns, 2**63, 1, 503, {"a": "b\0"}]]
    assert columns.rows(
        "SELECT trace_id, toUnixTimestamp64Nano(min(start)), toUnixTimestamp64Nano(max(end)) "
        f"FROM traces {where} GROUP BY trace_id",
        {"p": project},
    ) == [[span["trace_id"], at_ns, at_ns]]


def test_calls_by_the_hour_come_out_of_those_by_the_minute_once(
    columns: Columns, project: int
) -> None:
    names = [column.name for column in SPANS.columns]
    rows = [
        _row(
            project_id=project,
            ts=(START_MS // 3_600_000 * 3_600_000 + minute * 60_000) * 1_000_000,
            duration_ns=2 ** (20 + minute),
            trace_id=f"{minute:032x}",
            is_entry=1,
            route="/cart",
            status="error" if minute == 7 else "unset",
        )
        for minute in (0, 0, 7, 9)
    ]
    for _replay in range(2):
        content = encode_rows(SPANS, names, rows)
        columns.insert("spans", names, content, token=f"hours-{project}")
    summed = """
        SELECT sum(calls), sum(errors), sum(total_ns), max(slowest), sumMap(took)
        FROM {table} WHERE project_id = {{p:UInt32}}
    """

    hours = columns.rows(summed.format(table="operations_1h"), {"p": project})

    assert hours == columns.rows(summed.format(table="operations_1m"), {"p": project})
    assert [int(number) for number in hours[0][:2]] == [4, 1]
    assert hours[0][3].endswith(f"{9:032x}")


def _row(**told: object) -> tuple[object, ...]:
    return tuple(
        told.get(column.name, {} if column.name == "attributes" else _nothing(column.type))
        for column in SPANS.columns
    )


def _nothing(type_: str) -> object:
    return "" if "String" in type_ else 0


def test_the_head_of_a_trace_is_its_root_else_its_earliest_entry(
    columns: Columns, project: int
) -> None:
    names = [column.name for column in SPANS.columns]
    base = START_MS * 1_000_000
    told = [
        ("a", "early", base, "p", 0),
        ("a", "root", base + 9, "", 1),
        ("b", "child", base, "p", 0),
        ("b", "late entry", base + 8, "p", 1),
        ("b", "entry", base + 4, "p", 1),
        ("c", "second", base + 2, "p", 0),
        ("c", "first", base, "p", 0),
    ]
    rows = [
        _row(project_id=project, trace_id=trace, name=name, ts=ts, parent_id=parent, is_entry=entry)
        for trace, name, ts, parent, entry in told
    ]
    columns.insert("spans", names, encode_rows(SPANS, names, rows), token=None)

    assert columns.rows(
        "SELECT trace_id, name, spans, has_root FROM trace_parts "
        "WHERE project_id = {p:UInt32} ORDER BY trace_id",
        {"p": project},
    ) == [["a", "root", 2, 1], ["b", "entry", 3, 0], ["c", "first", 2, 0]]


def test_calls_are_counted_by_minute_hour_and_day(columns: Columns, project: int) -> None:
    names = ["project_id", "ts", "duration_ns", "is_entry", "route", "status", "trace_id"]
    calls = [
        (project, (START_MS + at * HOUR_MS) * 1_000_000, 10**9, 1, "/cart", "error", "a")
        for at in (0, 1, 2)
    ]
    for call in calls:
        columns.insert("spans", names, encode_rows(SPANS, names, [call]), token=None)
    first_hour = START_MS // HOUR_MS * HOUR_MS // 1_000
    for table in ("operations_1m", "operations_1h", "operations_1d"):
        assert columns.rows(
            "SELECT name, sum(calls), sum(errors), sum(total_ns), sumMap(took).1 "
            f"FROM {table} WHERE project_id = {{p:UInt32}} AND category = 'entry' GROUP BY name",
            {"p": project},
        ) == [["/cart", 3, 3, 3 * 10**9, [120]]]
    assert columns.rows(
        "SELECT toUnixTimestamp(min(first)), toUnixTimestamp(max(last)) FROM operations_1d "
        "WHERE project_id = {p:UInt32}",
        {"p": project},
    ) == [[first_hour, first_hour + 2 * 3_600]]
