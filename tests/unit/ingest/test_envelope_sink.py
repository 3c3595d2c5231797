"""What envelopes hold beside errors is in its tables, once, and its blobs are under their keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house import House, open_house
from watchkeeper.ingest.envelope_rows import (
    AttachmentRow,
    CheckInRow,
    FeedbackRow,
    ProfileRow,
    ReplayRow,
    SessionRow,
    encode_blob_rows,
    encode_envelope_rows,
)
from watchkeeper.model import Kind
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

NOW_MS = 1_795_224_000_000
IDS = {"environment": "production", "release": "shop@1.2.3"}


@pytest.fixture
def house(tmp_path: Path, sqlite_meta: Meta, empty_columns: Columns) -> Iterator[House]:
    with open_house(tmp_path, sqlite_meta, empty_columns) as house:
        yield house


def session(seq: int, status: str, crashed: int = 0) -> SessionRow:
    return SessionRow(
        ts=NOW_MS, session_id="a" * 32, user_key="id:42", seq=seq, status=status,
        duration_ms=5, errors=0, sessions=1, errored=0, abnormal=0, crashed=crashed, **IDS,
    )  # fmt: skip


def test_each_kind_has_its_table(house: House) -> None:
    profile = ProfileRow(
        ts=NOW_MS, duration_ns=5, profile_id="b" * 32, profiler_id="", trace_id="c" * 32,
        span_id="", transaction="t", platform="python", service="shop", host="web-1",
        format="sentry-1", payload=b'{"version":"1"}', **IDS,
    )  # fmt: skip
    check_in = CheckInRow(
        ts=NOW_MS, check_in_id="d" * 32, monitor="nightly", status="ok", duration_ms=7,
        trace_id="", config=b"{}", **IDS,
    )  # fmt: skip
    feedback = FeedbackRow(
        ts=NOW_MS, feedback_id="e" * 32, event_id="", replay_id="", trace_id="", name="Ada",
        email="", message="slow", url="", source="widget", user_key="id:42", payload=b"{}", **IDS,
    )  # fmt: skip
    house.receive([encode_envelope_rows([profile])], Kind.PROFILES)
    house.receive([encode_envelope_rows([check_in])], Kind.CHECK_INS)
    house.receive([encode_envelope_rows([feedback])], Kind.FEEDBACK)
    house.digest().run_once()
    rows = house.columns.rows
    assert rows("SELECT project_id, profile_id, payload FROM profiles") == [
        [1, "b" * 32, '{"version":"1"}']
    ]
    assert rows("SELECT monitor, status, duration_ms FROM check_ins") == [["nightly", "ok", 7]]
    assert rows("SELECT name, message, user_key FROM feedback") == [["Ada", "slow", "id:42"]]


def test_the_latest_state_of_a_session_counts(house: House) -> None:
    house.receive([encode_envelope_rows([session(1, "ok")])], Kind.SESSIONS)
    house.receive([encode_envelope_rows([session(2, "crashed", crashed=1)])], Kind.SESSIONS)
    house.digest().run_once()
    sums = "SELECT sum(sessions), sum(crashed), uniqExact(user_key) FROM sessions FINAL"
    assert [int(each) for each in house.columns.rows(sums)[0]] == [1, 1, 1]


def test_blobs_lie_under_their_day_and_project(house: House) -> None:
    attachment = AttachmentRow(
        ts=NOW_MS, event_id="a" * 32, attachment_id="b" * 32, name="log.txt",
        content_type="text/plain", type="event.attachment", size_bytes=5, user_key="",
    )  # fmt: skip
    recording = ReplayRow(
        ts=NOW_MS, replay_id="c" * 32, segment_id=3, part="recording", started=NOW_MS,
        replay_type="", platform="", environment="", release="", user_key="", urls=b"[]",
        error_ids=b"[]", trace_ids=b"[]", payload=b"", size_bytes=4, unpacked_bytes=9,
    )  # fmt: skip
    house.receive([encode_blob_rows([(attachment, b"hello")])], Kind.ATTACHMENTS)
    house.receive([encode_blob_rows([(recording, b"zlib")])], Kind.REPLAYS)
    house.digest().run_once()
    ((key,),) = house.columns.rows("SELECT blob FROM attachments")
    assert key == f"attachments/20261121/1/{'b' * 32}"
    assert house.blobs.get(key) == b"hello"
    ((segment, key),) = house.columns.rows("SELECT segment_id, blob FROM replays")
    assert (segment, key) == (3, f"replays/20261121/1/{'c' * 32}/3-recording")
    assert house.blobs.get(key) == b"zlib"


def test_a_record_that_cannot_be_read_is_buried_and_others_go_on(house: House) -> None:
    house.receive([b"\xc1", encode_envelope_rows([session(1, "ok")])], Kind.SESSIONS)
    house.digest().run_once()
    assert house.count("sessions") == 1
    assert house.metric("watchkeeper_digest_dead_letters_total", reason="unreadable") == 1
