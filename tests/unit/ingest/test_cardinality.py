"""Series beyond a limit fold into overflow series that keep sums and means right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.edge.world import World
from watchkeeper.ingest import (
    Acceptor,
    Drop,
    Exemplar,
    HistogramBatch,
    MetadataRow,
    SampleBatch,
    SeriesOptions,
    SeriesRegistry,
    decode_exemplars,
    decode_samples,
    decode_series,
)
from watchkeeper.ingest.cardinality import (
    WHOLE_PROJECT,
    Group,
    MetricReport,
    ProjectRules,
    SlotUses,
    current_sender,
    fold,
)
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS
from watchkeeper.model import Histogram, Kind, Labels, Record, labels_of
from watchkeeper.store.spool import SegmentWriter, SpoolFull

STALE = np.array([0x7FF0000000000002], np.uint64).view(np.float64)[0]
PROJECT = 1


class Door:
    """A spool that can be full for a while."""

    def __init__(self, spool: SegmentWriter) -> None:
        self._spool = spool
        self.is_full = False

    async def append(self, records: Sequence[Record]) -> None:
        await self._spool.append(records)

    def append_blocking(self, records: Sequence[Record]) -> None:
        if self.is_full:
            raise SpoolFull("The spool is full.")
        self._spool.append_blocking(records)

    def close(self) -> None:
        self._spool.close()


class Bench:
    """An acceptor with small limits, and what it put into the spool."""

    def __init__(
        self,
        directory: Path,
        *,
        max_per_metric: int = 2,
        max_per_project: int = 1_000,
        max_folded: int = 1_000,
        is_pushed: bool = False,
    ) -> None:
        self.world = World(directory)
        self.clock = self.world.clock
        options = SeriesOptions(
            lane="edge",
            salt=b"s",
            max_per_metric=max_per_metric,
            max_per_project=max_per_project,
            max_folded=max_folded,
            is_pushed=is_pushed,
        )
        self.registry = SeriesRegistry(options)
        self.door = Door(self.world.spool)
        self.acceptor = Acceptor(
            spool=self.door,
            series=self.registry,
            clock=self.clock,
            metrics=self.world.metrics,
        )

    def send(
        self, values: Mapping[Labels, float], *, project_id: int = PROJECT
    ) -> Mapping[Drop, int]:
        """One sample of each series, now; then 15 s pass. Returns what was refused."""
        batch = SampleBatch(
            series=list(values),
            ts_ms=np.full(len(values), self.clock(), np.int64),
            values=np.array(list(values.values()), np.float64),
        )
        accepted = self.acceptor.accept_samples_blocking(project_id, batch)
        assert accepted.rows + sum(accepted.dropped.values()) == len(values)
        self.clock.forward(15_000)
        return accepted.dropped

    def stored(self) -> dict[Labels, list[float]]:
        """The values of each series in the spool, by the labels that were announced for it."""
        labels: dict[int, Labels] = {}
        for record in self.world.records(Kind.SERIES):
            labels |= {row.series_id: row.labels for row in decode_series(record.payload)}
        found: dict[Labels, list[float]] = {}
        for record in self.world.records(Kind.SAMPLES):
            ids, _, values = decode_samples(record.payload)
            for identity, value in zip(ids.tolist(), values.tolist(), strict=True):
                found.setdefault(labels[identity], []).append(value)
        return found

    def overflow(self, metric: str, **kept: str) -> list[float]:
        """The values of one overflow series."""
        return self.stored().get(overflow_of(metric, **kept), [])

    def report(self, metric: str) -> MetricReport:
        """What the guard tells of a metric."""
        found = self.registry.reports(at_least=0)
        return next(one for one in found if (one.project_id, one.metric) == (PROJECT, metric))


def overflow_of(metric: str, **kept: str) -> Labels:
    own = {"watchkeeper_overflow": "true", "watchkeeper_lane": "edge"}
    return labels_of({"__name__": metric, **own, **kept})


def counter(user: int | str, **labels: str) -> Labels:
    return labels_of({"__name__": "clicks_total", "user": str(user), **labels})


def gauge(room: int) -> Labels:
    return labels_of({"__name__": "temperature", "room": str(room)})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_fits_is_stored_as_it_is(bench: Bench) -> None:
    bench.send({counter(1): 1, counter(2): 2})

    assert bench.stored() == {counter(1): [1], counter(2): [2]}
    assert bench.report("clicks_total").folded == 0


def test_increases_of_counters_beyond_the_limit_add_up(bench: Bench) -> None:
    bench.send({counter(n): 100 * n for n in range(5)})
    bench.send({counter(n): 100 * n + n for n in range(5)})
    bench.send({counter(n): 100 * n + 2 * n for n in range(5)})

    assert set(bench.stored()) == {counter(0), counter(1), overflow_of("clicks_total")}
    # The first values say nothing of an increase; then users 2 to 4 grow by 2 + 3 + 4 each time.
    assert bench.overflow("clicks_total") == [0, 9, 18]


def test_a_reset_counts_what_came_since(bench: Bench) -> None:
    bench.send({counter(n): 50 for n in range(3)})
    bench.send({counter(n): 7 for n in range(3)})

    assert bench.overflow("clicks_total") == [0, 7]


def test_who_stops_and_returns_is_neither_reset_nor_new(bench: Bench) -> None:
    bench.send({counter(n): 10 for n in range(4)})
    bench.send({counter(2): 11})
    bench.send({counter(2): 11, counter(3): STALE})
    bench.send({counter(2): 11, counter(3): 14})

    assert bench.overflow("clicks_total") == [0, 1, 1, 5]


def test_a_gauge_beyond_the_limit_shows_the_mean(bench: Bench) -> None:
    bench.send({gauge(n): 10.0 * n for n in range(5)})
    bench.send({gauge(4): 70.0})
    bench.send({gauge(4): STALE})

    assert bench.overflow("temperature") == [30.0, 40.0, 25.0]


def test_a_gauge_that_went_silent_leaves_the_mean(bench: Bench) -> None:
    bench.send({gauge(n): 10.0 * n for n in range(5)})
    bench.clock.forward(6 * MINUTE_MS)
    bench.send({gauge(4): 90.0})
    bench.clock.forward(MINUTE_MS)
    bench.send({gauge(4): 100.0})

    assert bench.overflow("temperature")[-1] == 100.0


def test_the_declared_type_tells_a_counter_without_the_usual_name(bench: Bench) -> None:
    rows = [MetadataRow("clicks", "counter", "")]
    bench.acceptor.accept_metadata_blocking(PROJECT, rows)
    series = [labels_of({"__name__": "clicks", "user": str(n)}) for n in range(3)]
    bench.send({labels: 5 for labels in series})
    bench.send({labels: 8 for labels in series})

    assert bench.overflow("clicks") == [0, 3]


def test_jobs_and_buckets_stay_apart(bench: Bench) -> None:
    def bucket(user: int, le: str) -> Labels:
        name = {"__name__": "latency_bucket", "job": "api"}
        return labels_of({**name, "user": str(user), "le": le})

    for value in (1, 3):
        bench.send({bucket(user, le): value for user in range(3) for le in ("0.1", "+Inf")})

    assert bench.overflow("latency_bucket", job="api", le="0.1") == [0, 4]
    assert bench.overflow("latency_bucket", job="api", le="+Inf") == [0, 4]


def test_a_job_that_explodes_makes_no_more_than_a_hundred_series(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_per_metric=1)
    bench.send({counter(0, job=f"job-{n}"): 1 for n in range(500)})

    assert len(bench.stored()) == 1 + 101


def test_an_infinity_does_not_spoil_the_sum(bench: Bench) -> None:
    for value in (1.0, float("inf"), 4.0):
        bench.send({counter(n): value for n in range(3)})

    assert bench.overflow("clicks_total") == [0, 0, 3]


def test_several_samples_of_a_series_in_one_request(bench: Bench) -> None:
    series = [counter(n) for n in range(3)]
    times = bench.clock() + np.array([0, 0, 0, 1_000, 2_000], np.int64)
    batch = SampleBatch(
        series=[*series, series[2], series[2]],
        ts_ms=times,
        values=np.array([1, 1, 1, 4, 2], np.float64),
    )
    bench.acceptor.accept_samples_blocking(PROJECT, batch)

    assert bench.overflow("clicks_total") == [3 + 2]  # up by 3, then a reset to 2


def test_a_retry_after_a_full_spool_counts_once(bench: Bench) -> None:
    bench.send({counter(n): 10 for n in range(3)})
    batch = SampleBatch(
        series=[counter(2)], ts_ms=np.array([bench.clock()], np.int64), values=np.array([14.0])
    )
    bench.door.is_full = True
    with pytest.raises(SpoolFull):
        bench.acceptor.accept_samples_blocking(PROJECT, batch)
    bench.door.is_full = False
    bench.acceptor.accept_samples_blocking(PROJECT, batch)
    bench.clock.forward(15_000)
    bench.send({counter(2): 15})

    assert bench.overflow("clicks_total")[-1] == 5


def test_histograms_and_exemplars_beyond_the_limit_are_refused_and_counted(bench: Bench) -> None:
    bench.send({counter(n): 1 for n in range(2)})
    batch = HistogramBatch(
        series=[counter(3)],
        ts_ms=np.array([bench.clock()], np.int64),
        histograms=[Histogram(schema=0, count=1, sum=1.0)],
    )
    exemplar = Exemplar(series=counter(3), ts_ms=bench.clock(), value=1, labels={"trace_id": "a"})
    accepted = bench.acceptor.accept_histograms_blocking(PROJECT, batch)
    picked = bench.acceptor.accept_exemplars_blocking(PROJECT, [exemplar])

    assert accepted.rows == picked.rows == 0
    assert accepted.dropped == picked.dropped == {Drop.TOO_MANY_SERIES: 1}
    assert bench.report("clicks_total").samples == 1


def test_a_project_has_a_limit_over_all_its_metrics(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_per_project=3)
    bench.send({counter(0): 1, counter(1): 1, gauge(0): 5, gauge(1): 7})

    assert gauge(0) in bench.stored()
    assert bench.overflow("temperature") == [7]
    bench.send({counter(0): 1}, project_id=2)
    assert len([one for one in bench.stored() if one == counter(0)]) == 1


def test_a_metric_is_folded_in_the_project_that_has_too_many_alone(bench: Bench) -> None:
    bench.send({counter(n): 1 for n in range(5)})
    bench.send({counter(n): 1 for n in range(10, 12)}, project_id=2)

    assert {counter(10), counter(11)} < set(bench.stored())


def test_what_is_folded_is_bounded_and_the_rest_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_folded=3)
    dropped = bench.send({counter(n): 1 for n in range(10)})

    assert dropped == {Drop.TOO_MANY_SERIES: 10 - 2 - 3}
    assert bench.world.dropped("too_many_series") == 5


def test_idle_folded_series_make_room_for_new_ones(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_folded=3)
    bench.send({counter(n): 1 for n in range(10)})
    generation = bench.registry.generation
    bench.clock.forward(11 * MINUTE_MS)
    bench.send({counter(0): 2, counter(1): 2, counter(20): 1})
    bench.clock.forward(MINUTE_MS)
    assert bench.send({counter(20): 1}) == bench.send({counter(20): 4}) == {}

    assert bench.registry.generation > generation
    assert bench.overflow("clicks_total")[-1] == 3


def test_what_was_counted_outlives_the_forgetting_of_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_per_metric=1, max_folded=6)
    gone = {labels_of({"__name__": "gone_total", "n": str(n)}): 1.0 for n in range(4)}
    bench.send(gone)
    stays = {counter(n): 10 for n in range(3)}
    rooms = {gauge(n): 20.0 * n for n in range(2)}
    for step in range(3):
        bench.send({labels: value + step for labels, value in stays.items()} | rooms)
        bench.clock.forward(4 * MINUTE_MS)
    assert bench.overflow("clicks_total") == [0, 2, 4]
    assert bench.send({counter(8): 1}) == {Drop.TOO_MANY_SERIES: 1}
    bench.send({counter(0): 20, counter(1): 13, counter(2): 14, gauge(1): 30.0})

    assert bench.overflow("clicks_total")[-1] == 7
    assert bench.overflow("temperature")[-1] == 30


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 4),
                st.sampled_from([0.0, 1.0, 2.5, 7.0, np.nan, np.inf, -np.inf, STALE]),
            ),
            max_size=6,
        ),
        max_size=8,
    )
)
def test_folding_is_what_counting_one_by_one_gives(batches: list[list[tuple[int, float]]]) -> None:
    groups = [
        Group(project_id=1, labels=(), is_counter=True),
        Group(project_id=1, labels=(), is_counter=False),
    ]
    uses = SlotUses(10)
    for slot in range(10):
        uses.put(slot, 0, slot % 2)
    total, known, rooms = 0.0, dict[int, float](), dict[int, float]()
    for batch in batches:
        rows = sorted(batch, key=lambda row: row[0])
        both = [(2 * n + kind, value) for kind in (0, 1) for n, value in rows]
        fold(
            groups,
            uses,
            np.array([slot for slot, _ in both], np.int64),
            np.array([value for _, value in both], np.float64),
        )
        for n, value in rows:
            if np.isnan(value):
                rooms.pop(n, None)
            elif np.isfinite(value):
                before = known.get(n, value)
                total += value - before if value >= before else value
                known[n] = rooms[n] = value

    assert groups[0].value == pytest.approx(total)
    assert groups[1].members == len(rooms)
    assert groups[1].total == pytest.approx(sum(rooms.values()))


def test_series_reach_the_store_once_others_are_idle(bench: Bench) -> None:
    bench.send({counter(n): 1 for n in range(3)})
    bench.clock.forward(HOUR_MS + MINUTE_MS)
    bench.send({counter(2): 2})  # by now the first two no longer count
    bench.registry.set_rules({}, {}, now_ms=bench.clock())
    bench.send({counter(2): 3})

    assert bench.stored()[counter(2)] == [3]
    assert bench.report("clicks_total").folded == 0


def test_a_higher_limit_lets_folded_series_through(bench: Bench) -> None:
    bench.send({counter(n): 1 for n in range(5)})
    bench.registry.set_rules({PROJECT: ProjectRules(per_metric=4)}, {}, now_ms=bench.clock())
    bench.send({counter(n): 2 for n in range(5)})

    stored = [labels for labels, values in bench.stored().items() if values[-1] == 2]
    assert len(stored) == 4
    assert bench.report("clicks_total").folded == 1


def test_what_other_processes_store_counts(bench: Bench) -> None:
    bench.registry.set_rules({}, {(PROJECT, "clicks_total"): 1}, now_ms=bench.clock())
    bench.send({counter(n): 1 for n in range(3)})

    assert bench.report("clicks_total").series == 1
    assert bench.report("clicks_total").folded == 2


def test_the_label_and_the_sender_are_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_per_metric=10)
    token = current_sender.set("agent/1.0")
    bench.send({counter(n, region=f"r{n % 3}"): 1 for n in range(500)})
    current_sender.reset(token)
    bench.send({counter(n, job="shop"): 1 for n in range(1_000, 1_100)})
    report = bench.report("clicks_total")

    assert report.label == "user"
    assert report.label_values == pytest.approx(600, rel=0.15)
    assert report.senders == (("agent/1.0", 490), ("shop", 100))
    assert bench.report(WHOLE_PROJECT).folded == 590


def test_names_of_this_server_are_never_folded(bench: Bench) -> None:
    up = [labels_of({"__name__": "up", "instance": str(n)}) for n in range(5)]
    bench.send({labels: 1 for labels in up})

    assert set(bench.stored()) == set(up)


def test_up_that_others_push_counts_against_the_limits(tmp_path: Path) -> None:
    bench = Bench(tmp_path, is_pushed=True)
    pushed = [labels_of({"__name__": "up", "instance": str(n)}) for n in range(5)]
    own = [labels_of({"__name__": "watchkeeper_x", "instance": str(n)}) for n in range(5)]

    bench.send(dict.fromkeys([*pushed, *own], 1.0))

    assert bench.report("up").folded == 3
    assert {*pushed[:2], *own} <= bench.stored().keys()


def test_labels_are_dropped_and_hashed_as_the_project_says(bench: Bench) -> None:
    rules = {PROJECT: ProjectRules(drop_labels=("email",), hash_labels=("user",))}
    bench.registry.set_rules(rules, {}, now_ms=bench.clock())
    bench.send({counter("ann", email="ann@example.com", page="/"): 1})
    bench.send({counter("ann", email="ann@example.com", page="/"): 2})

    ((labels, values),) = bench.stored().items()
    assert values == [1, 2]
    assert dict(labels) == {"__name__": "clicks_total", "user": dict(labels)["user"], "page": "/"}
    assert len(dict(labels)["user"]) == 16
    exemplar = Exemplar(
        series=labels, ts_ms=bench.clock(), value=1, labels={"email": "ann@example.com", "id": "a"}
    )
    bench.acceptor.accept_exemplars_blocking(PROJECT, [exemplar])
    (record,) = bench.world.records(Kind.EXEMPLARS)
    assert [row.labels for row in decode_exemplars(record.payload)] == [{"id": "a"}]
    bench.send({counter("ann"): 1}, project_id=2)
    assert counter("ann") in bench.stored()


def test_a_restart_does_not_give_the_limit_anew(bench: Bench) -> None:
    bench.send({counter(n): 1 for n in range(2)})
    known = [(identity, bench.clock(), 1.0) for identity in bench.registry.ids(np.arange(2))]
    bench.registry = SeriesRegistry(bench.registry.options)
    bench.registry.warm(known)
    bench.acceptor.series = bench.registry
    bench.clock.forward(15_000)
    bench.send({counter(n): 2 for n in range(4)})

    assert bench.report("clicks_total").series == 2
    assert bench.report("clicks_total").folded == 2
