"""Requests as senders of the field make them that no current SDK of ours in the matrix does."""

from __future__ import annotations

import base64
import gzip
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest

from tests.unit.edge.test_envelope import AUTH, ENVELOPE, EVENT_ID, Edge, envelope, event
from tests.unit.edge.world import DISABLED, PUBLIC, call
from watchkeeper.ingest import decode_spans
from watchkeeper.ingest.envelope_rows import FeedbackRow, ProfileRow, decode_envelope_rows
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber, ScrubRules

DSN = f"http://{PUBLIC}@watchkeeper.example.com/1"
STORE = "/api/1/store/"
ELSEWHERE = {"x-forwarded-for": "198.51.100.7"}


@pytest.fixture
def edge(tmp_path: Path) -> Any:
    edge = Edge(tmp_path)
    yield edge
    edge.world.spool.close()


# Bodies


async def test_a_gzip_file_of_several_members_is_one_body(edge: Edge) -> None:
    body = envelope(("event", event()))
    packed = gzip.compress(body[:30]) + gzip.compress(body[30:90]) + gzip.compress(body[90:])

    answer = await edge.post(packed, headers={**AUTH, "content-encoding": "gzip"})

    assert (answer.status, answer.json()) == (200, {"id": EVENT_ID})


async def test_members_that_unpack_beyond_the_bound_are_too_large(edge: Edge) -> None:
    packed = gzip.compress(b"a" * 2**20) * 51

    answer = await edge.post(packed, headers={**AUTH, "content-encoding": "gzip"})

    assert answer.status == 413
    assert not edge.world.events()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(base64.encodebytes(zlib.compress(event(extra={"a": "b" * 200}))), id="mime"),
        pytest.param(base64.b64encode(gzip.compress(event())), id="gzip in base64"),
        pytest.param(gzip.compress(event()), id="gzip that nobody tells"),
        pytest.param(
            urlencode({"sentry_key": PUBLIC, "sentry_data": event().decode()}).encode(),
            id="a form with the key first",
        ),
        pytest.param(
            urlencode({"sentry_data": base64.b64encode(zlib.compress(event()))}).encode(),
            id="a form with base64",
        ),
    ],
)
async def test_an_event_comes_in_every_wrapping_of_old(edge: Edge, body: bytes) -> None:
    answer = await edge.post(body, path=STORE)

    assert (answer.status, answer.json()) == (200, {"id": EVENT_ID})
    assert edge.world.events()[0]["message"] == "boom"


async def test_letters_of_a_form_stay_what_they_were(edge: Edge) -> None:
    form = urlencode({"sentry_key": PUBLIC, "sentry_data": event(message="Größe €").decode()})

    await edge.post(form.encode(), path=STORE)

    assert edge.world.events()[0]["message"] == "Größe €"


async def test_a_form_of_too_many_fields_is_told_so(edge: Edge) -> None:
    form = "&".join(f"a{n}=1" for n in range(150)) + "&sentry_data=x"

    assert (await edge.post(form.encode(), path=STORE)).status == 400
    answer = await edge.post(
        envelope(("event", event())), query="&".join(["a=1&sentry_key=x"] * 80), headers={}
    )
    assert answer.status == 401


async def test_a_second_slash_before_the_path_is_no_other_path(edge: Edge) -> None:
    answer = await edge.post(envelope(("event", event())), path=f"/{ENVELOPE}")
    assert answer.status == 200


# The sender's address


AUTO = {"user": {"ip_address": "{{auto}}"}}
INFERRED = {"sdk": {"name": "sentry.javascript.browser", "settings": {"infer_ip": "auto"}}}


@pytest.mark.parametrize("asked", [AUTO, INFERRED], ids=["auto", "infer_ip"])
async def test_an_address_that_the_server_is_asked_for_is_the_senders(
    tmp_path: Path, asked: dict[str, Any]
) -> None:
    edge = Edge(tmp_path, scrubber=Scrubber(ScrubRules(keep_user_ip=True)))
    for _ in range(3):  # the second time parts of the event are known
        await edge.post(envelope(("event", event(**asked))), headers={**AUTH, **ELSEWHERE})

    assert [each["user"] for each in edge.world.events()] == [{"ip_address": "198.51.100.7"}] * 3


async def test_people_without_id_are_told_apart_though_no_address_is_kept(tmp_path: Path) -> None:
    edge = Edge(tmp_path, scrubber=Scrubber(ScrubRules(salt=b"s" * 16)))
    for address in ("198.51.100.7", "198.51.100.8", "198.51.100.7"):
        headers = {**AUTH, "x-forwarded-for": address}
        await edge.post(envelope(("event", event(**AUTO))), headers=headers)

    first, second, third = (each["user"] for each in edge.world.events())
    assert first == third
    assert first["id"] != second["id"]
    assert b"198.51.100." not in edge.world.spool_bytes()
    assert b"{{auto}}" not in edge.world.spool_bytes()


async def test_nobody_is_looked_for_unless_the_sdk_asks(tmp_path: Path) -> None:
    edge = Edge(tmp_path, scrubber=Scrubber(ScrubRules(keep_user_ip=True)))
    never = {"sdk": {"settings": {"infer_ip": "never"}}, "user": {"id": "7"}}
    own = {**INFERRED, "user": {"ip_address": "192.0.2.1"}}
    for sent in (never, own):
        await edge.post(envelope(("event", event(**sent))), headers={**AUTH, **ELSEWHERE})

    assert [e["user"] for e in edge.world.events()] == [{"id": "7"}, {"ip_address": "192.0.2.1"}]


async def test_the_user_of_a_transaction_has_the_senders_address(tmp_path: Path) -> None:
    edge = Edge(tmp_path, scrubber=Scrubber(ScrubRules(keep_user_ip=True)))
    trace = {"trace_id": "ab" * 16, "span_id": "cd" * 8}
    sent = event(type="transaction", transaction="/", contexts={"trace": trace}, **AUTO)

    await edge.post(envelope(("transaction", sent)), headers={**AUTH, **ELSEWHERE})

    (record,) = edge.world.records(Kind.SPANS)
    (span,) = decode_spans(record.payload)
    assert span.attributes["user.ip_address"] == "198.51.100.7"


# What people write


def _written(edge: Edge) -> FeedbackRow:
    (record,) = edge.world.records(Kind.FEEDBACK)
    (row,) = decode_envelope_rows(Kind.FEEDBACK, record.payload)
    assert isinstance(row, FeedbackRow)
    return row


async def test_the_report_dialog_is_a_script_that_any_page_may_load(edge: Edge) -> None:
    query = urlencode({"dsn": DSN, "eventId": EVENT_ID})
    answer = await call(edge.app, "GET", "/api/embed/error-page/", query=query)

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"  # it is loaded with crossorigin
    assert b"__sentry_reportdialog_closed__" in answer.body


async def test_what_is_written_in_the_dialog_is_feedback_of_its_event(edge: Edge) -> None:
    query = urlencode({"dsn": DSN, "eventId": EVENT_ID})
    form = urlencode({"name": "Ada", "email": "", "comments": "The cart is empty."})

    answer = await edge.post(
        form.encode(), path="/api/embed/error-page/", query=query, headers={"origin": "https://a.b"}
    )

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    row = _written(edge)
    assert (row.event_id, row.name, row.message) == (EVENT_ID, "Ada", "The cart is empty.")


@pytest.mark.parametrize("is_form", [True, False])
async def test_an_application_sends_a_report_with_its_dsn(edge: Edge, is_form: bool) -> None:
    fields = {"event_id": EVENT_ID, "name": "Ada", "email": "a@example.com", "comments": "Empty."}
    body = urlencode(fields).encode() if is_form else orjson.dumps(fields)

    answer = await edge.post(
        body,
        path="/api/0/projects/acme/web/user-feedback/",
        headers={"authorization": f"DSN {DSN}"},
    )

    assert answer.status == 200
    assert (_written(edge).event_id, _written(edge).message) == (EVENT_ID, "Empty.")


@pytest.mark.parametrize(
    ("dsn", "body", "status"),
    [
        ("", b'{"comments":"a"}', 401),
        (DSN.replace(PUBLIC, DISABLED), b'{"comments":"a"}', 403),
        (DSN.replace("/1", "/9"), b'{"comments":"a"}', 403),
        (DSN, b'{"event_id":"%s"}' % EVENT_ID.encode(), 400),
        (DSN, b"{", 400),
        (DSN, b"&".join(b"a%d=1" % n for n in range(50)), 400),
    ],
)
async def test_a_report_that_cannot_be_kept_is_told_why(
    edge: Edge, dsn: str, body: bytes, status: int
) -> None:
    answer = await edge.post(
        body, path="/api/embed/error-page/", query=f"dsn={quote(dsn)}", headers={}
    )
    assert answer.status == status
    assert answer.json()["error"]["message"]


async def test_the_dialog_takes_no_other_method(edge: Edge) -> None:
    path = "/api/0/projects/acme/web/user-feedback/"
    assert (await call(edge.app, "GET", path)).status == 405


# Profiles


async def test_a_profile_of_android_has_its_trace_and_duration(edge: Edge) -> None:
    profile = {
        "platform": "android",
        "profile_id": "ef" * 16,
        "trace_id": "ab" * 16,
        "transaction_name": "Main",
        "duration_ns": "5000000",
        "sampled_profile": "QUJD",
    }

    assert (await edge.post(envelope(("profile", orjson.dumps(profile))))).status == 200

    (record,) = edge.world.records(Kind.PROFILES)
    (row,) = decode_envelope_rows(Kind.PROFILES, record.payload)
    assert isinstance(row, ProfileRow)
    assert (row.trace_id, row.duration_ns, row.profile_id) == ("ab" * 16, 5_000_000, "ef" * 16)
