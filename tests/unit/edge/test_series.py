"""The registry of series: growing times only, announced once a day, bounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.edge.world import World
from watchkeeper.ingest import (
    Drop,
    LogRow,
    MetadataRow,
    SampleBatch,
    SeriesOptions,
    SeriesRegistry,
    decode_logs,
    decode_metadata,
    decode_samples,
    decode_series,
)
from watchkeeper.ingest.rows import encode_samples
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Kind, Labels, labels_of, series_id
from watchkeeper.store.spool import SpoolFull

NOW = 1_795_224_000_000


def named(n: int) -> Labels:
    return labels_of({"__name__": "requests_total", "n": str(n)})


def batch(*rows: tuple[int, int, float]) -> SampleBatch:
    return SampleBatch(
        series=[named(n) for n, _, _ in rows],
        ts_ms=np.array([ts for _, ts, _ in rows], np.int64),
        values=np.array([value for _, _, value in rows], np.float64),
    )


def stored(world: World) -> list[tuple[int, int, float]]:
    rows: list[tuple[int, int, float]] = []
    for record in world.records(Kind.SAMPLES):
        ids, times, values = decode_samples(record.payload)
        rows += zip(ids.tolist(), times.tolist(), values.tolist(), strict=True)
    return rows


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_new_series_is_announced_before_its_first_sample(world: World) -> None:
    accepted = await world.acceptor.accept_samples(1, batch((0, NOW, 1.0), (0, NOW + 1, 2.0)))
    assert (accepted.rows, accepted.dropped) == (2, {})
    announcement, samples = world.records()
    (row,) = decode_series(announcement.payload)
    assert (row.series_id, row.labels) == (series_id(1, named(0)), named(0))
    assert samples.kind is Kind.SAMPLES
    await world.acceptor.accept_samples(1, batch((0, NOW + 2, 3.0)))
    assert len(world.records(Kind.SERIES)) == 1


async def test_projects_do_not_share_series(world: World) -> None:
    for project_id in (1, 2):
        accepted = await world.acceptor.accept_samples(project_id, batch((0, NOW, 1.0)))
        assert accepted.rows == 1
    assert len({series for series, _, _ in stored(world)}) == 2


async def test_only_growing_times_are_kept_and_the_rest_is_counted(world: World) -> None:
    accepted = await world.acceptor.accept_samples(
        1,
        batch(
            (0, NOW, 1.0),
            (0, NOW, 1.0),
            (0, NOW, 2.0),
            (1, NOW - 100 * DAY_MS, 1.0),
            (1, NOW + DAY_MS, 1.0),
            (1, NOW, 5.0),
        ),
    )
    assert accepted.dropped == {
        Drop.REPEATED: 1,
        Drop.DUPLICATE_TIMESTAMP: 1,
        Drop.TOO_OLD: 1,
        Drop.TOO_FAR_FUTURE: 1,
    }
    later = await world.acceptor.accept_samples(1, batch((0, NOW - 1, 1.0), (1, NOW, 5.0)))
    assert later.dropped == {Drop.OUT_OF_ORDER: 1, Drop.REPEATED: 1}
    assert later.rows == 0
    for reason in ("repeated", "duplicate_timestamp", "out_of_order", "too_old", "too_far_future"):
        assert world.dropped(reason) == (2 if reason == "repeated" else 1)


async def test_the_same_nan_again_is_a_repetition(world: World) -> None:
    await world.acceptor.accept_samples(1, batch((0, NOW, float("nan"))))
    again = await world.acceptor.accept_samples(1, batch((0, NOW, float("nan"))))
    assert again.dropped == {Drop.REPEATED: 1}


async def test_a_failed_write_leaves_no_trace_in_the_registry(tmp_path: Path) -> None:
    world = World(tmp_path, max_bytes=200)
    with pytest.raises(SpoolFull):
        await world.acceptor.accept_samples(1, batch(*((n, NOW, 1.0) for n in range(10))))
    assert world.dropped("spool_full") > 0
    accepted = await world.acceptor.accept_samples(1, batch((0, NOW, 1.0)))
    assert accepted.rows == 1
    assert len(world.records(Kind.SERIES)) == 1


def test_warming_makes_a_restart_remember_what_was_stored() -> None:
    registry = SeriesRegistry()
    registry.warm([(series_id(1, named(0)), NOW, 1.0)])
    slots = registry.slots(1, [named(0), named(0)], now_ms=NOW)
    times = np.array([NOW, NOW + 1], np.int64)
    admission = registry.admit(slots, times, np.array([1.0, 2.0]), now_ms=NOW)
    assert admission.dropped == {Drop.REPEATED: 1}


def test_memory_is_bounded_and_idle_series_make_room() -> None:
    registry = SeriesRegistry(SeriesOptions(max_series=2, idle_ms=1_000))
    one = np.ones(1)
    slots = registry.slots(1, [named(0), named(1)], now_ms=NOW)
    registry.admit(slots, np.full(2, NOW, np.int64), np.ones(2), now_ms=NOW)

    full = registry.slots(1, [named(2)], now_ms=NOW + 500)
    refused = registry.admit(full, np.full(1, NOW, np.int64), one, now_ms=NOW + 500)
    assert refused.dropped == {Drop.TOO_MANY_SERIES: 1}

    generation = registry.generation
    later = registry.slots(1, [named(2)], now_ms=NOW + 2_000)
    assert registry.admit(later, np.full(1, NOW, np.int64), one, now_ms=NOW + 2_000).dropped == {}
    assert registry.generation == generation + 1
    assert len(registry) <= 2


def test_thousands_of_series_keep_their_ids() -> None:
    registry = SeriesRegistry()
    labels = [named(n) for n in range(5_000)]
    slots = registry.slots(1, labels, now_ms=NOW)
    assert registry.ids(slots).tolist() == [series_id(1, each) for each in labels]


def test_a_damaged_block_of_samples_is_refused() -> None:
    ids, times, values = np.ones(2, np.uint64), np.ones(2, np.int64), np.ones(2)
    payload = encode_samples(ids, times, values)
    for damaged in (b"", payload[:-1], payload + b"x"):
        with pytest.raises(ValueError, match="block"):
            decode_samples(damaged)


def test_threads_have_the_same_door(world: World) -> None:
    log = LogRow(ts_ms=NOW, severity="info", service="web", body="hello", attributes={"a": "b"})
    told = MetadataRow("m", "counter", "help")
    world.acceptor.accept_logs_blocking(1, [log])
    world.acceptor.accept_metadata_blocking(1, [told])
    world.acceptor.accept_error_blocking(1, b"{}")
    world.acceptor.accept_samples_blocking(1, batch((0, NOW, 1.0)))
    logs, metadata, error, _, _ = world.records()
    assert decode_logs(logs.payload) == [log]
    assert decode_metadata(metadata.payload) == [told]
    assert error.payload == b"{}"
    assert world.counted("watchkeeper_ingest_accepted_total", kind="samples") == 1


def late_registry() -> SeriesRegistry:
    return SeriesRegistry(SeriesOptions(out_of_order_ms=60_000))


def admitted(
    registry: SeriesRegistry, *rows: tuple[int, int, float], now_ms: int = NOW
) -> tuple[int, dict[Drop, int]]:
    sent = batch(*rows)
    slots = registry.slots(1, sent.series, now_ms=now_ms)
    admission = registry.admit(slots, sent.ts_ms, sent.values, now_ms=now_ms)
    return len(admission.rows), admission.dropped


def test_within_the_window_a_late_sample_is_kept_and_only_once() -> None:
    registry = late_registry()
    assert admitted(registry, (0, NOW - 30_000, 1.0), (0, NOW, 3.0)) == (2, {})
    assert admitted(registry, (0, NOW - 15_000, 2.0)) == (1, {})
    assert admitted(registry, (0, NOW - 15_000, 2.0)) == (0, {Drop.REPEATED: 1})
    assert admitted(registry, (0, NOW - 15_000, 9.0)) == (0, {Drop.DUPLICATE_TIMESTAMP: 1})
    assert admitted(registry, (0, NOW - 30_000, 9.0)) == (0, {Drop.DUPLICATE_TIMESTAMP: 1})
    assert admitted(registry, (0, NOW - 60_001, 1.0)) == (0, {Drop.OUT_OF_ORDER: 1})
    assert admitted(registry, (0, NOW + 1, 4.0)) == (1, {})


def test_a_late_sample_does_not_move_the_window_back() -> None:
    registry = late_registry()
    admitted(registry, (0, NOW, 1.0))
    assert admitted(registry, (0, NOW - 60_000, 1.0)) == (1, {})
    assert admitted(registry, (0, NOW - 90_000, 1.0)) == (0, {Drop.OUT_OF_ORDER: 1})


def test_late_samples_of_a_failed_write_may_come_again() -> None:
    registry = late_registry()
    admitted(registry, (0, NOW, 1.0))
    sent = batch((0, NOW - 5, 2.0), (0, NOW + 5, 3.0))
    slots = registry.slots(1, sent.series, now_ms=NOW)
    registry.undo(registry.admit(slots, sent.ts_ms, sent.values, now_ms=NOW))
    assert admitted(registry, (0, NOW - 5, 2.0), (0, NOW + 5, 3.0)) == (2, {})


def test_what_is_remembered_of_late_samples_moves_with_its_series() -> None:
    registry = SeriesRegistry(SeriesOptions(out_of_order_ms=60_000, max_series=4, idle_ms=DAY_MS))
    for n, at in enumerate((NOW - 2 * DAY_MS, NOW - 2 * DAY_MS, NOW, NOW)):
        admitted(registry, (n, at, 1.0), now_ms=at)
    assert admitted(registry, (4, NOW, 1.0)) == (1, {})
    assert registry.generation == 1
    assert admitted(registry, (3, NOW - 5, 2.0)) == (1, {})
    assert admitted(registry, (3, NOW, 1.0), (3, NOW - 5, 2.0)) == (0, {Drop.REPEATED: 2})
