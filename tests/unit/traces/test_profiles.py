"""Profiles of Sentry and pprof as flame graphs."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.fakes.house import PROJECT, SCOPE, House
from tests.unit.traces.conftest import HOUR, START_MS
from watchkeeper.ingest import EncodedRows, ProfileRow, encode_envelope_rows
from watchkeeper.lib.errors import NotFound
from watchkeeper.lib.protobuf_wire import bytes_field, number_field
from watchkeeper.lib.varint import varint
from watchkeeper.model import Kind, Role, Scope
from watchkeeper.traces import Flame, ProfileQuery, Profiles, checked_pprof
from watchkeeper.traces.profiles.pprof import read_pprof
from watchkeeper.traces.profiles.sentry import read_sentry
from watchkeeper.traces.profiles.stacks import BadProfile

RIVAL = Scope(org_id=2, project_ids=(2,), role=Role.VIEWER)
EVERYTHING = ProfileQuery(range=HOUR)
FRAMES = [
    {"function": "main", "module": "app", "filename": "app.py", "lineno": 9, "in_app": True},
    {"function": "query", "module": "db", "filename": "site-packages/db.py", "in_app": False},
    {"function": "render", "module": "app", "filename": "app.py", "lineno": 3, "in_app": True},
]
STACKS = [[1, 0], [2, 0], [0]]
THREADS = {"1": {"name": "MainThread"}, "2": {"name": "worker"}}


def version_1() -> bytes:
    """main ran 40 ms: 20 in query, 10 in render, 10 alone; a worker waits."""
    samples = [
        {"stack_id": 0, "thread_id": "1", "elapsed_since_start_ns": "0"},
        {"stack_id": 0, "thread_id": "1", "elapsed_since_start_ns": "10000000"},
        {"stack_id": 1, "thread_id": "1", "elapsed_since_start_ns": 20_000_000},
        {"stack_id": 2, "thread_id": "1", "elapsed_since_start_ns": 30_000_000},
        {"stack_id": 2, "thread_id": "2", "elapsed_since_start_ns": 0},
        {"stack_id": 99, "thread_id": "1", "elapsed_since_start_ns": 0},
    ]
    profile = {"samples": samples, "stacks": STACKS, "frames": FRAMES, "thread_metadata": THREADS}
    told = {"version": "1", "profile": profile, "transaction": {"active_thread_id": "1"}}
    return json.dumps(told).encode()


def version_2() -> bytes:
    """10 ms in query, then 10 ms in render."""
    samples = [
        {"stack_id": 0, "thread_id": "1", "timestamp": 1_795_224_000.00},
        {"stack_id": 1, "thread_id": "1", "timestamp": 1_795_224_000.01},
    ]
    profile = {"samples": samples, "stacks": STACKS, "frames": FRAMES}
    return json.dumps({"version": "2", "chunk_id": "c", "profile": profile}).encode()


def pprof() -> bytes:
    """main calls query, inlined into run: 3 samples of 30 ms, and main alone: 1 of 10 ms."""
    texts = ["", "samples", "count", "cpu", "nanoseconds", "main", "run", "query", "/src/app.go",
             "/root/go/pkg/mod/db/db.go", "thread", "worker-1"]  # fmt: skip

    def message(*fields: bytes) -> bytes:
        return b"".join(fields)

    def packed(*numbers: int) -> bytes:
        return b"".join(varint(number) for number in numbers)

    def function(id_: int, name: int, file: int) -> bytes:
        return bytes_field(5, message(number_field(1, id_), number_field(2, name),
                                      number_field(4, file)))  # fmt: skip

    def location(id_: int, *lines: tuple[int, int]) -> bytes:
        told = (bytes_field(4, number_field(1, f) + number_field(2, n)) for f, n in lines)
        return bytes_field(4, message(number_field(1, id_), *told))

    label = bytes_field(3, number_field(1, 10) + number_field(2, 11))
    return message(
        bytes_field(1, number_field(1, 1) + number_field(2, 2)),
        bytes_field(1, number_field(1, 3) + number_field(2, 4)),
        bytes_field(
            2, bytes_field(1, packed(2, 1)) + bytes_field(2, packed(3, 30_000_000)) + label
        ),
        bytes_field(2, number_field(1, 1) + number_field(2, 1) + number_field(2, 10_000_000)),
        location(1, (1, 12)),
        location(2, (3, 40), (2, 7)),
        function(1, 5, 8),
        function(2, 6, 8),
        function(3, 7, 9),
        *(bytes_field(6, text.encode()) for text in texts),
        number_field(9, START_MS * 1_000_000),
        number_field(10, 1_000_000_000),
    )


def keep(house: House, payload: bytes, number: int = 1, **fields: object) -> None:
    told: dict[str, object] = {
        "ts": START_MS + number, "duration_ns": 40_000_000, "profile_id": f"{number:032x}",
        "profiler_id": "", "trace_id": "", "span_id": "", "transaction": "checkout",
        "platform": "python", "service": "shop", "environment": "production", "release": "1",
        "host": "", "format": "sentry-1",
    }  # fmt: skip
    row = ProfileRow(payload=payload, **(told | fields))  # type: ignore[arg-type]
    rows = EncodedRows(Kind.PROFILES, encode_envelope_rows([row]))
    house.receive([rows.payload], Kind.PROFILES)
    house.digest().run_once()


def tree(flame: Flame) -> dict[str, int]:
    """Value by path of functions."""
    found: dict[str, int] = {}
    paths: list[str] = []
    for frame, parent, value in zip(
        flame.nodes.frame, flame.nodes.parent, flame.nodes.value, strict=True
    ):
        above = paths[parent] if parent >= 0 else ""
        name = flame.frames.function[frame] if frame >= 0 else ""
        paths.append(f"{above}/{name}" if name else "")
        found[paths[-1]] = value
    return found


def test_a_profile_of_a_transaction_is_its_main_thread(house: House, profiles: Profiles) -> None:
    keep(house, version_1())

    flame = profiles.one(SCOPE, f"{1:032x}", thread="", kind="")

    ms = 1_000_000
    assert tree(flame) == {
        "": 40 * ms, "/main": 40 * ms, "/main/query": 20 * ms, "/main/render": 10 * ms,
    }  # fmt: skip
    assert flame.nodes.own[1] == 10 * ms
    assert dict(zip(flame.frames.function, flame.frames.in_app, strict=True)) == {
        "main": True, "query": False, "render": True,
    }  # fmt: skip
    assert [(each.name, each.id) for each in flame.threads] == [
        ("MainThread", "1"),
        ("worker", "2"),
    ]
    assert tree(profiles.one(SCOPE, f"{1:032x}", thread="worker", kind="")) == {
        "": 10 * ms, "/main": 10 * ms,
    }  # fmt: skip


def test_a_chunk_shows_its_main_thread_first(house: House, profiles: Profiles) -> None:
    ms = 1_000_000
    idle = [{"stack_id": 2, "thread_id": "2", "timestamp": 1_795_224_000 + n / 100} for n in (0, 1)]
    told = json.loads(version_2())
    told["profile"]["samples"] += idle
    told["profile"]["thread_metadata"] = THREADS
    keep(house, json.dumps(told).encode(), format="sentry-2", profiler_id="p" * 32)

    first = profiles.one(SCOPE, f"{1:032x}", thread="", kind="")

    assert tree(first)[""] == pytest.approx(20 * ms, rel=1e-4)
    assert [thread.name for thread in first.threads] == ["MainThread", "worker"]


def test_profiles_of_both_versions_are_merged(house: House, profiles: Profiles) -> None:
    keep(house, version_1(), 1)
    keep(house, version_2(), 2, format="sentry-2", profiler_id="p" * 32)
    keep(house, b"{broken", 3)
    keep(house, version_1(), 4, transaction="other")

    query = ProfileQuery(range=HOUR, transaction="checkout", service="shop")
    flame = profiles.merged(SCOPE, query, thread="1", kind="")

    assert tree(flame)["/main/query"] == pytest.approx(30_000_000, rel=1e-4)
    assert (flame.profiles, flame.total, len(flame.items)) == (2, 3, 2)


def test_profiles_are_listed_by_page_with_their_transactions(
    house: House, profiles: Profiles
) -> None:
    for number in range(1, 6):
        keep(house, version_1(), number)

    first = profiles.list(SCOPE, EVERYTHING, cursor="", limit=3)
    second = profiles.list(SCOPE, EVERYTHING, cursor=first.next_cursor or "", limit=3)

    ids = [int(each.profile_id, 16) for each in (*first.profiles, *second.profiles)]
    assert ids == [5, 4, 3, 2, 1]
    assert second.next_cursor is None
    assert [(each.transaction, each.profiles) for each in first.transactions] == [("checkout", 5)]


def test_no_profile_of_another_project_is_seen(house: House, profiles: Profiles) -> None:
    keep(house, version_1())

    assert PROJECT not in RIVAL.project_ids
    assert profiles.list(RIVAL, EVERYTHING, cursor="", limit=9).profiles == []
    assert profiles.merged(RIVAL, EVERYTHING, thread="", kind="").samples == 0
    with pytest.raises(NotFound):
        profiles.one(RIVAL, f"{1:032x}", thread="", kind="")


@pytest.mark.parametrize("body", [pprof(), gzip.compress(pprof())], ids=["plain", "gzip"])
def test_a_pprof_file_is_read_with_what_was_inlined(
    house: House, profiles: Profiles, body: bytes
) -> None:
    message, times = checked_pprof(body)
    keep(house, message, format="pprof")

    flame = profiles.one(SCOPE, f"{1:032x}", thread="", kind="")
    counts = profiles.one(SCOPE, f"{1:032x}", thread="", kind="samples")

    assert (times.start_ns, times.duration_ns) == (START_MS * 1_000_000, 1_000_000_000)
    assert tree(flame) == {
        "": 40_000_000, "/main": 40_000_000, "/main/run": 30_000_000,
        "/main/run/query": 30_000_000,
    }  # fmt: skip
    assert (flame.unit, flame.kind, flame.kinds) == ("nanoseconds", "cpu", ["samples", "cpu"])
    assert dict(zip(flame.frames.function, flame.frames.in_app, strict=True))["query"] is False
    assert (counts.unit, tree(counts)["/main/run"]) == ("count", 3)
    assert [each.name for each in flame.threads] == ["worker-1", ""]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "does not begin with ''"),
        (b"hello", "no pprof profile"),
        (gzip.compress(pprof())[:-20], "ends too early"),
        (b"\x1f\x8bnonsense", "gzip is broken"),
        (pprof()[:-5] + b"\xff" * 5, "does not end"),
        (gzip.compress(bytes(65 * 1024 * 1024)), "bytes unpacked"),
    ],
)
def test_what_is_no_pprof_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(BadProfile, match=says):
        checked_pprof(body)


def test_no_cut_of_a_profile_is_read_as_anything_but_a_profile_or_refused() -> None:
    whole = pprof()
    for end in range(len(whole)):
        try:
            stacks, _ = read_pprof(whole[:end])
        except BadProfile:
            continue
        assert all(sample.weight > 0 for sample in stacks.samples)


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"profile": 1}', b"\xff"])
def test_what_is_no_profile_of_sentry_is_refused(payload: bytes) -> None:
    with pytest.raises(BadProfile):
        read_sentry(payload)
