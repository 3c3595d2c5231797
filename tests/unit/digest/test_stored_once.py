"""What was accepted is stored, once, and told to whoever looks."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select

from tests.fakes.house import PROJECT, SCOPE, House, event_json
from watchkeeper.ingest import (
    LogRow,
    MetadataRow,
    SampleBatch,
    SeriesRow,
    encode_logs,
    encode_metadata,
    encode_samples,
    encode_series,
)
from watchkeeper.issues import IssueQuery
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Kind, LiveTopic, Record, TimeRange, labels_of, series_id
from watchkeeper.store.meta import tables


def test_an_accepted_error_becomes_a_row_and_an_issue(house: House) -> None:
    house.receive([event_json(1)])

    assert house.digest().run_once() == 1

    assert house.count("errors") == 1
    now = house.clock()
    page = house.issues.list(SCOPE, IssueQuery(range=TimeRange(now - HOUR_MS, now + 1)))
    assert [(one.short_id, one.events, one.title) for one in page.issues] == [
        ("WEB-1", 1, "ValueError: bad input")
    ]
    assert [event.topic for event in house.told] == [LiveTopic.ISSUES]


def test_samples_are_stored_with_their_labels(house: House) -> None:
    labels = labels_of({"__name__": "up", "job": "api"})
    batch = SampleBatch(
        series=[labels, labels],
        ts_ms=np.array([house.clock() - 1000, house.clock()], dtype=np.int64),
        values=np.array([0.0, 1.5]),
    )
    house.acceptor().accept_samples_blocking(PROJECT, batch)

    house.digest().run_once()

    stored = house.columns.rows("SELECT series_id, value FROM samples ORDER BY ts")
    assert stored == [[series_id(PROJECT, labels), 0.0], [series_id(PROJECT, labels), 1.5]]
    assert house.columns.rows("SELECT metric, labels FROM series") == [
        ["up", {"__name__": "up", "job": "api"}]
    ]


def test_samples_of_an_earlier_day_name_their_series_on_that_day(house: House) -> None:
    labels = labels_of({"__name__": "up"})
    acceptor, digest = house.acceptor(), house.digest()
    for back_ms in (3 * DAY_MS, 2 * DAY_MS):
        batch = SampleBatch(
            series=[labels],
            ts_ms=np.array([house.clock() - back_ms], dtype=np.int64),
            values=np.array([1.0]),
        )
        acceptor.accept_samples_blocking(PROJECT, batch)
        digest.run_once()

    today = house.clock() // DAY_MS
    days = house.columns.rows("SELECT DISTINCT toUInt16(day) AS d FROM series ORDER BY d")
    assert days == [[today - 3], [today - 2], [today]]


def test_a_batch_of_more_days_than_one_insert_may_touch_is_split(house: House) -> None:
    ids = np.full(240, 7, dtype=np.uint64)
    times = np.array([house.clock() - day * DAY_MS for day in range(240)], dtype=np.int64)
    house.receive([encode_samples(ids, times, np.arange(240.0))], Kind.SAMPLES)

    house.digest().run_once()

    assert house.count("samples") == 240
    assert house.count("samples", "uniqExact(toDate(ts))") == 240


def test_log_lines_and_metadata_are_stored(house: House) -> None:
    line = LogRow(
        ts_ms=house.clock(), severity="info", service="api", body="héllo", attributes={"k": "v"}
    )
    house.receive([encode_logs([line, line])], Kind.LOGS)
    house.receive([encode_metadata([MetadataRow("up", "gauge", "Is it up?")])], Kind.METADATA)

    house.digest().run_once()

    assert house.columns.rows("SELECT body, attributes FROM logs LIMIT 1") == [
        ["héllo", {"k": "v"}]
    ]
    assert house.columns.rows("SELECT metric, type, help FROM metric_metadata") == [
        ["up", "gauge", "Is it up?"]
    ]


def test_an_event_that_arrives_again_is_counted_as_a_duplicate_and_kept_once(house: House) -> None:
    digest = house.digest()
    house.receive([event_json(1), event_json(1)])
    digest.run_once()
    house.receive([event_json(1), event_json(2)])
    digest.run_once()

    assert house.count("errors") == 2
    assert house.metric("watchkeeper_errors_duplicate_total") == 2
    with house.meta.read() as conn:
        assert conn.execute(select(tables.issues.c.events)).scalar_one() == 2


def test_what_cannot_be_read_is_kept_as_a_dead_letter_and_holds_up_nothing(house: House) -> None:
    house.receive([b"{not json", event_json(1), b'{"event_id": "short"}'])
    house.receive([b"\x05\x00\x00\x00"], Kind.SAMPLES)
    house.receive([b"\xc1"], Kind.SERIES)

    house.digest().run_once()

    assert house.count("errors") == 1
    with house.meta.read() as conn:
        letters = conn.execute(select(tables.dead_letters.c.reason, tables.dead_letters.c.kind))
        assert sorted((row.reason, row.kind) for row in letters) == [
            ("unreadable", int(Kind.SERIES)),
            ("unreadable", int(Kind.SAMPLES)),
            ("unreadable", int(Kind.ERROR_EVENT)),
            ("unreadable", int(Kind.ERROR_EVENT)),
        ]
    assert house.metric("watchkeeper_digest_dead_letters_total", reason="unreadable") == 4


def test_a_sample_from_an_impossible_time_is_a_dead_letter_and_the_others_are_kept(
    house: House,
) -> None:
    times = np.array([house.clock(), 9_999_999_999_999_999], dtype=np.int64)
    block = encode_samples(np.array([1, 1], dtype=np.uint64), times, np.array([1.0, 2.0]))
    house.receive([block], Kind.SAMPLES)

    house.digest().run_once()

    assert house.count("samples") == 1
    assert house.metric("watchkeeper_digest_dead_letters_total", reason="time_out_of_range") == 1


def test_events_of_a_deleted_project_hold_up_nothing(house: House) -> None:
    house.edge.append_blocking([_foreign(house, event_json(1)), _foreign(house, event_json(2))])
    house.receive([event_json(3)])

    house.digest().run_once()

    assert house.count("errors") == 1
    assert house.metric("watchkeeper_digest_dead_letters_total", reason="unknown_project") == 2


def _foreign(house: House, payload: bytes) -> Record:
    return Record(Kind.ERROR_EVENT, 999, house.clock(), payload)


def test_announced_series_with_labels_that_msgpack_holds_as_text(house: House) -> None:
    labels = labels_of({"__name__": "m", "path": "/a b"})
    house.receive([encode_series([SeriesRow(9, labels, "gauge")])], Kind.SERIES)

    house.digest().run_once()

    assert house.columns.rows("SELECT series_id, labels['path'] FROM series") == [[9, "/a b"]]


def test_lag_is_the_age_of_what_waits_and_passed_follows_the_clock(house: House) -> None:
    digest = house.digest()
    house.receive([event_json(1)])
    house.clock.forward(700)
    digest.run_once()
    assert house.metric("watchkeeper_digest_lag_seconds") == 0.7

    digest.run_once()
    assert digest.lag_ms() == 0
    assert digest.passed_ms() == house.clock() - 1000


def test_late_samples_wait_for_the_labels_of_their_series_and_hold_up_nothing(
    house: House,
) -> None:
    labels = labels_of({"__name__": "late_total"})
    ids = np.array([series_id(PROJECT, labels)], np.uint64)
    digest, day_ago_ms = house.digest(), house.clock() - DAY_MS
    for step in range(3):
        times = np.array([day_ago_ms + step], np.int64)
        house.receive([encode_samples(ids, times, np.ones(1))], Kind.SAMPLES)
        if step == 2:
            house.receive([encode_series([SeriesRow(int(ids[0]), labels)])], Kind.SERIES)
        digest.run_once()

    yesterday = day_ago_ms // DAY_MS
    assert house.count("samples") == 3
    assert house.columns.rows(
        "SELECT labels['__name__'] FROM series WHERE toUInt16(day) = {d:UInt16}", {"d": yesterday}
    ) == [["late_total"]]


def test_the_same_series_in_several_orders_are_stored_in_the_order_of_time(house: House) -> None:
    ids = np.array([9, 3, 7, 5], np.uint64)
    blocks = []
    for step, chosen in enumerate([ids, ids[::-1], ids[1:3], ids, ids, ids[::-1], ids, ids]):
        times = np.full(len(chosen), house.clock() - 60_000 + step, np.int64)
        blocks.append(encode_samples(chosen, times, (chosen + step / 8.0).astype(np.float64)))
    house.receive(blocks, Kind.SAMPLES)

    house.digest().run_once()

    rows = house.columns.rows(
        "SELECT series_id, groupArray(toUnixTimestamp64Milli(ts)), groupArray(value) "
        "FROM samples GROUP BY series_id ORDER BY series_id"
    )
    assert [row[0] for row in rows] == [3, 5, 7, 9]
    for series, times, values in rows:
        assert times == sorted(times)
        assert len(times) == (8 if series in {3, 7} else 7)
        expected = [series + (at - house.clock() + 60_000) / 8 for at in times]
        assert values == expected
