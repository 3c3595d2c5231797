"""The Pushgateway's API, asked by its own clients and by hand."""

from __future__ import annotations

import asyncio
import base64
import math
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.exposition import (
    basic_auth_handler,
    delete_from_gateway,
    push_to_gateway,
    pushadd_to_gateway,
)

from tests.unit.api.conftest import World
from watchkeeper.ingest import decode_metadata, decode_samples, decode_series
from watchkeeper.ingest.pushgateway import BadPush, PushBody, Pushgateway, grouping_of
from watchkeeper.ingest.pushgateway.listing import number_text
from watchkeeper.ingest.pushgateway.parse import read_families
from watchkeeper.model import METRIC_NAME, Kind, labels_of
from watchkeeper.store.spool import Position

BATCH = b'# TYPE rows gauge\n# HELP rows Rows.\nrows{table="a"} 3\nrows{table="b"} 4\n'
PROTOBUF = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)


class Told:
    """What the gateway wrote, as it stands in the spool."""

    def __init__(self, world: World) -> None:
        self.world = world

    def samples(self) -> list[tuple[str, int, float]]:
        """(series, Unix ms, value) in the order written."""
        [lane] = self.world.rooms.spool.lanes()
        position = Position(0, 0)
        names: dict[int, str] = {}
        found = []
        while batch := self.world.rooms.spool.read(lane, position, max_bytes=2**24):
            for record in batch.records:
                if record.kind is Kind.SERIES:
                    names |= {
                        r.series_id: shown(dict(r.labels)) for r in decode_series(record.payload)
                    }
                elif record.kind is Kind.SAMPLES:
                    for series, at_ms, value in zip(*decode_samples(record.payload), strict=True):
                        found.append((names[int(series)], int(at_ms), float(value)))
            position = Position(batch.cut.segment, batch.cut.end)
        return found

    def values(self) -> dict[str, float]:
        """The newest value of each series that has not ended."""
        newest = {series: value for series, _, value in self.samples()}
        return {series: value for series, value in newest.items() if not math.isnan(value)}

    def metadata(self) -> dict[str, tuple[str, str]]:
        [lane] = self.world.rooms.spool.lanes()
        batch = self.world.rooms.spool.read(lane, Position(0, 0), max_bytes=2**24)
        assert batch is not None
        return {
            row.metric: (row.type, row.help)
            for record in batch.records
            if record.kind is Kind.METADATA
            for row in decode_metadata(record.payload)
        }


def shown(labels: dict[str, str]) -> str:
    rest = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()) if k != METRIC_NAME)
    return labels[METRIC_NAME] + (f"{{{rest}}}" if rest else "")


@pytest.fixture
def told(world: World) -> Told:
    return Told(world)


@pytest.fixture
def client(world: World) -> httpx.AsyncClient:
    return world.client(world.acme.server_key)


async def test_a_pushed_group_is_shown_with_its_labels(
    client: httpx.AsyncClient, told: Told
) -> None:
    answer = await client.put("/metrics/job/nightly/instance/db1", content=BATCH)

    assert (answer.status_code, answer.text) == (200, "")
    now_s = told.world.clock() / 1000
    assert told.values() == {
        'rows{instance="db1",job="nightly",table="a"}': 3,
        'rows{instance="db1",job="nightly",table="b"}': 4,
        'push_time_seconds{instance="db1",job="nightly"}': now_s,
        'push_failure_time_seconds{instance="db1",job="nightly"}': 0,
    }
    assert told.metadata()["rows"] == ("gauge", "Rows.")


async def test_labels_of_the_address_win(client: httpx.AsyncClient, told: Told) -> None:
    await client.put("/metrics/job/nightly", content=b'x{job="mine",instance="i"} 1\n')

    assert told.values()['x{instance="i",job="nightly"}'] == 1


async def test_put_replaces_the_group_and_post_the_metrics_of_its_names(
    client: httpx.AsyncClient, told: Told
) -> None:
    await client.put("/metrics/job/j", content=b"a 1\nb 1\n")
    told.world.clock.forward(2_000)
    await client.post("/metrics/job/j", content=b'b{l="x"} 2\nc 2\n')
    after_post = told.values()
    told.world.clock.forward(2_000)
    await client.put("/metrics/job/j", content=b"c 3\n")

    assert own(after_post) == {'a{job="j"}': 1, 'b{job="j",l="x"}': 2, 'c{job="j"}': 2}
    assert own(told.values()) == {'c{job="j"}': 3}


async def test_a_put_without_a_body_empties_the_group(
    client: httpx.AsyncClient, told: Told
) -> None:
    await client.put("/metrics/job/j", content=b"a 1\n")
    told.world.clock.forward(2_000)

    answer = await client.put("/metrics/job/j", content=b"")

    assert answer.status_code == 200
    assert own(told.values()) == {}
    assert 'push_time_seconds{job="j"}' in told.values()


async def test_a_deleted_group_ends(client: httpx.AsyncClient, told: Told) -> None:
    await client.put("/metrics/job/j", content=b"a 1\n")

    answer = await client.delete("/metrics/job/j")

    assert answer.status_code == 202
    assert told.values() == {}
    assert (await client.delete("/metrics/job/j")).status_code == 202


async def test_groups_are_shown_every_interval_until_deleted(
    client: httpx.AsyncClient, told: Told
) -> None:
    await client.put("/metrics/job/j", content=b"a 1\n")
    gateway = told.world.rooms.pushgateway
    start = told.world.clock()
    for _ in range(2):
        told.world.clock.forward(15_000)
        gateway.show_due()

    times = [at_ms - start for series, at_ms, _ in told.samples() if series == 'a{job="j"}']
    assert times == [0, 15_000, 30_000]


async def test_the_next_time_is_a_multiple_of_the_interval(told: Told) -> None:
    told.world.clock.forward(-told.world.clock() % 15_000 + 4_000)

    assert told.world.rooms.pushgateway.show_due() == 11.0


async def test_groups_outlive_a_restart(client: httpx.AsyncClient, told: Told) -> None:
    await client.put("/metrics/job/j/k/v", content=b"# TYPE h histogram\n" + HISTOGRAM)
    rooms = told.world.rooms

    again = Pushgateway(rooms.meta, rooms.acceptor, told.world.clock)

    assert again.groups(told.world.acme.project_id) == rooms.pushgateway.groups(
        told.world.acme.project_id
    )
    told.world.clock.forward(15_000)
    again.show_due()
    assert told.values()['h_count{job="j",k="v"}'] == 3


HISTOGRAM = b'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 3\nh_sum 4.5\nh_count 3\n'


async def test_a_refused_push_changes_nothing_but_the_time_of_failure(
    client: httpx.AsyncClient, told: Told
) -> None:
    await client.put("/metrics/job/j", content=b"a 1\n")
    told.world.clock.forward(20_000)

    answer = await client.put("/metrics/job/j", content=b"b 1 1395066363000\n")

    assert answer.status_code == 400
    assert answer.text == (
        "pushed metrics are invalid or inconsistent with existing metrics: "
        "pushed metrics must not have timestamps\n"
    )
    told.world.rooms.pushgateway.show_due()
    assert own(told.values()) == {'a{job="j"}': 1}
    assert told.values()['push_failure_time_seconds{job="j"}'] == told.world.clock() / 1000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not a metric!\n", "The body cannot be read"),
        (b'a{x="1"} 1\na{x="1"} 2\n', "metric a has two samples with the labels"),
        (b'a{job="x"} 1\na{job="y"} 2\n', "metric a has two samples with the labels"),
        (b"up 1\n", "only this server writes up"),
        (b"# TYPE shared counter\nshared 1\n", "metric shared is a counter here and a gauge in"),
        (b'shared{other="o"} 1\n', "shared is a unknown here and a gauge in"),
        (b"a 1 # {} 1\n", "The body cannot be read"),
    ],
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, body: bytes, reason: str
) -> None:
    await client.put("/metrics/job/first", content=b"# TYPE shared gauge\nshared 1\n")

    answer = await client.post("/metrics/job/second", content=body)

    assert answer.status_code == 400
    assert reason in answer.text


async def test_a_series_cannot_stand_in_two_groups(client: httpx.AsyncClient) -> None:
    await client.put("/metrics/job/j", content=b'a{k="v"} 1\n')

    answer = await client.put("/metrics/job/j/k/v", content=b"a 2\n")

    assert answer.status_code == 400
    assert "metric a has a series that the group {'job': 'j'} has too" in answer.text


async def test_other_projects_have_groups_of_their_own(world: World, told: Told) -> None:
    await world.client(world.acme.server_key).put("/metrics/job/j", content=b"a 1\n")
    await world.client(world.rival.server_key).put(
        "/metrics/job/j", content=b"# TYPE a counter\na 2\n"
    )

    groups = world.rooms.pushgateway.groups
    assert groups(world.acme.project_id)[0].families["a"].type == "unknown"
    assert groups(world.rival.project_id)[0].families["a"].type == "counter"


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("job/some_job", {"job": "some_job"}),
        ("job/some_job/", {"job": "some_job"}),
        ("job@base64/L3Zhci90bXA", {"job": "/var/tmp"}),
        ("job/titan/name@base64/zqDPgc6_zrzOt864zrXPjc-C", {"job": "titan", "name": "Προμηθεύς"}),
        ("job/j/first_label@base64/=/second/two", {"job": "j", "second": "two"}),
        (
            "job/j/path@base64/" + base64.urlsafe_b64encode(b"/a").decode(),
            {"job": "j", "path": "/a"},
        ),
    ],
)
async def test_the_address_is_the_grouping_key(
    client: httpx.AsyncClient, world: World, path: str, labels: dict[str, str]
) -> None:
    answer = await client.put(f"/metrics/{path}", content=b"a 1\n")

    assert answer.status_code == 200
    assert world.rooms.pushgateway.groups(world.acme.project_id)[0].labels == labels_of(labels)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("job/j/odd", 'odd number of components in label string "/odd"'),
        ("job/j/0x/y", 'improper label name "0x"'),
        ("job/j/__x/y", 'improper label name "__x"'),
        ("job@base64/!", "invalid base64 encoding in job name"),
        ("job@base64/=", "job name is required"),
        ("job/j/l@base64/a", "invalid base64 encoding in label l"),
    ],
)
async def test_a_bad_address_is_refused(client: httpx.AsyncClient, path: str, reason: str) -> None:
    answer = await client.put(f"/metrics/{path}", content=b"a 1\n")

    assert (answer.status_code, reason in answer.text) == (400, True), answer.text


async def test_keys_are_asked_for(world: World) -> None:
    nobody = await world.client().put("/metrics/job/j", content=b"a 1\n")
    public = await world.client(world.acme.public_key).put("/metrics/job/j", content=b"a 1\n")
    other = await world.client(world.rival.server_key).put(
        f"/p/{world.acme.project_id}/metrics/job/j", content=b"a 1\n"
    )
    token = await world.client(world.token_of(world.acme)).put(
        f"/p/{world.acme.project_id}/pushgateway/metrics/job/j", content=b"a 1\n"
    )

    assert [each.status_code for each in (nobody, public, other, token)] == [401, 403, 403, 200]
    assert nobody.headers["www-authenticate"].startswith("Basic")


async def test_a_revoked_key_ends_at_once(world: World, client: httpx.AsyncClient) -> None:
    assert (await client.put("/metrics/job/j", content=b"a 1\n")).status_code == 200
    operator = world.rooms.access.operator()
    for key in world.rooms.access.keys(operator, world.acme.project_id):
        world.rooms.access.update_key(operator, world.acme.project_id, key.id, enabled=False)

    assert (await client.put("/metrics/job/j", content=b"a 1\n")).status_code == 403


async def test_the_groups_are_listed_as_the_pushgateway_lists_them(
    world: World, client: httpx.AsyncClient
) -> None:
    body = b"# TYPE h histogram\n" + HISTOGRAM + b"# HELP c Cats.\n# TYPE c counter\nc 1500000\n"
    await client.put("/metrics/job/j", content=body)
    reader = world.client(world.token_of(world.acme))

    answer = await reader.get(f"/p/{world.acme.project_id}/pushgateway/api/v1/metrics")

    [group] = answer.json()["data"]
    assert group["labels"] == {"job": "j"}
    assert group["last_push_successful"] is True
    assert group["c"]["type"] == "COUNTER"
    assert group["c"]["help"] == "Cats."
    assert group["c"]["metrics"] == [{"labels": {"job": "j"}, "value": "1.5e+06"}]
    assert group["h"]["metrics"] == [
        {"labels": {"job": "j"}, "buckets": {"1": "2", "+Inf": "3"}, "sum": "4.5", "count": "3"}
    ]
    assert (await client.get("/pushgateway/api/v1/metrics")).status_code == 401


async def test_wipe_forgets_every_group(
    world: World, client: httpx.AsyncClient, told: Told
) -> None:
    await client.put("/metrics/job/a", content=b"a 1\n")
    await client.put("/metrics/job/b", content=b"b 1\n")

    answer = await client.put("/pushgateway/api/v1/admin/wipe")

    assert answer.status_code == 202
    assert told.values() == {}
    assert world.rooms.pushgateway.groups(world.acme.project_id) == []


@pytest.fixture
def gateway_url(world: World) -> Iterator[str]:
    """The API on a real socket, for clients that cannot be handed an app."""
    server = uvicorn.Server(uvicorn.Config(world.app, port=0, log_config=None, lifespan="off"))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),))
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
    loop.close()


Pusher = Callable[[str, str, float, list[tuple[str, str]], bytes], Callable[[], None]]


def with_key(key: str) -> Pusher:
    """A handler of prometheus_client that signs in by basic auth."""

    def handler(
        url: str, method: str, timeout: float, headers: list[tuple[str, str]], data: bytes
    ) -> Callable[[], None]:
        return basic_auth_handler(url, method, timeout, headers, data, "push", key)

    return handler


def test_prometheus_client_pushes_adds_and_deletes(
    world: World, told: Told, gateway_url: str
) -> None:
    handler = with_key(world.acme.server_key)
    registry = CollectorRegistry()
    Counter("done", "Done.", ["kind"], registry=registry).labels("x").inc(2)
    Gauge("last_success", "When.", registry=registry).set(7)
    Histogram("took_seconds", "Took.", registry=registry, buckets=(1, 2)).observe(1.5)
    Summary("size", "Size.", registry=registry).observe(3)

    push_to_gateway(gateway_url, "batch", registry, {"host": "a/b"}, handler=handler)
    pushed = told.values()
    added = CollectorRegistry()
    Gauge("extra", "Extra.", registry=added).set(1)
    pushadd_to_gateway(
        f"{gateway_url}/pushgateway", "batch", added, {"host": "a/b"}, handler=handler
    )
    kept = world.rooms.pushgateway.groups(world.acme.project_id)
    delete_from_gateway(gateway_url, "batch", {"host": "a/b"}, handler=handler)

    assert pushed['done_total{host="a/b",job="batch",kind="x"}'] == 2
    assert pushed['took_seconds_bucket{host="a/b",job="batch",le="2.0"}'] == 1
    assert pushed['size_sum{host="a/b",job="batch"}'] == 3
    assert {"extra", "last_success", "took_seconds"} <= set(kept[0].families)
    assert kept[0].families["took_seconds"].type == "histogram"
    assert world.rooms.pushgateway.groups(world.acme.project_id) == []


def own(values: dict[str, float]) -> dict[str, float]:
    """Without what the gateway tells of a group itself."""
    return {series: value for series, value in values.items() if not series.startswith("push_")}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (123456.0, "123456"), (1e6, "1e+06"), (0.0001, "0.0001"),
        (0.00001, "1e-05"), (-2.5, "-2.5"), (1795224000.123, "1.795224000123e+09"),
        (float("inf"), "+Inf"), (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_numbers_are_listed_as_go_prints_them(value: float, text: str) -> None:
    assert number_text(value) == text


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(alphabet='ab_{}="\\ \n1.#TYPEe+', max_size=80).map(str.encode),
    st.sampled_from(
        [
            "",
            PROTOBUF,
        ]
    ),
)
def test_any_body_is_read_or_refused(content: bytes, content_type: str) -> None:
    try:
        families = read_families(PushBody(content, content_type), (("job", "j"),), now_ms=1)
    except BadPush:
        return
    assert all(("job", "j") in labels for each in families.values() for labels in each.series())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(alphabet="ab0_@base64/=", max_size=40), st.booleans())
def test_any_address_is_read_or_refused(job: str, rest: str, is_base64: bool) -> None:
    try:
        labels = grouping_of(job, rest, job_is_base64=is_base64)
    except BadPush:
        return
    assert dict(labels)["job"]
