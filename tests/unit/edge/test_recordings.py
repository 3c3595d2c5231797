"""What of replays and files touches the disk: scrubbed, or not kept and counted."""

from __future__ import annotations

import gzip
import json
import resource
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.edge.test_envelope import EVENT_ID, Edge
from tests.unit.edge.test_sentry_routes import envelope_with_length
from watchkeeper.ingest.envelope_rows import decode_blob_rows
from watchkeeper.ingest.http import Refusal
from watchkeeper.ingest.protocols.sentry.recordings import scrubbed_recording
from watchkeeper.model import Kind
from watchkeeper.privacy import Action, Attachments, Policy, Rule, RuleKind, Scrubber, ScrubRules

SECRETS = [f"s3cr{n:03}tvalue" for n in range(12)]
CARD = "4111 1111 1111 1111"


def element(tag: str, attributes: dict[str, Any], *children: Any) -> dict[str, Any]:
    return {
        "type": 2, "tagName": tag, "attributes": attributes, "childNodes": list(children), "id": 1,
    }  # fmt: skip


def text(words: str) -> dict[str, Any]:
    return {"type": 3, "textContent": words, "id": 2}


def page() -> list[dict[str, Any]]:
    """A recorded page with a secret in each place that rrweb has."""
    s = SECRETS
    body = element(
        "body",
        {"class": "shop", "data-token": s[0]},
        element("input", {"type": "text", "name": "city", "value": s[1]}),
        element("textarea", {"id": "note"}, text(s[2])),
        element("meta", {"name": "csrf-token", "content": s[3]}),
        element("a", {"href": f"https://shop.example/?page=2&access_token={s[4]}"}, text("Cart")),
        element("p", {}, text(f"Card {CARD}, ada@example.org")),
        element("input", {"type": "submit", "value": "Buy now"}),
    )
    changed = {
        "source": 0,
        "adds": [{"parentId": 1, "node": element("input", {"value": s[6]})}],
        "texts": [{"id": 4, "value": f"password={s[7]}"}],
        "attributes": [{"id": 5, "attributes": {"value": s[8], "class": "open"}}],
    }
    crumb = {"data": {"request": {"headers": {"authorization": s[10]}}, "url": f"/?sig={s[11]}"}}
    return [
        {"type": 4, "data": {"href": f"https://shop.example/?token={s[5]}", "width": 800}},
        {"type": 2, "data": {"node": body, "initialOffset": {"top": 0, "left": 0}}},
        {"type": 3, "data": changed},
        {"type": 3, "data": {"source": 5, "id": 6, "text": s[9], "isChecked": False}},
        {"type": 3, "data": {"source": 1, "positions": [{"x": 4, "y": 5, "timeOffset": -20}]}},
        {"type": 5, "data": {"tag": "breadcrumb", "payload": crumb}},
    ]


def scrubbed(events: object, *, attachments: Attachments = Attachments.TEXT) -> list[Any]:
    policy = Policy(attachments=attachments)
    packed, size = scrubbed_recording(
        zlib.compress(json.dumps(events).encode()), Scrubber(ScrubRules().for_policy(policy))
    )
    unpacked = zlib.decompress(packed)
    assert size == len(unpacked)
    return list(json.loads(unpacked))


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path)
    yield edge
    edge.world.spool.close()


def contents(edge: Edge, kind: Kind) -> list[bytes]:
    return [
        content
        for record in edge.world.records(kind)
        for _row, content in decode_blob_rows(record.kind, record.payload)
    ]


def test_nothing_secret_of_a_page_is_left() -> None:
    found = json.dumps(scrubbed(page()))

    assert [one for one in (*SECRETS, CARD, "ada@example.org") if one in found] == []


def test_what_is_no_secret_stays_as_it_was_recorded() -> None:
    kept = scrubbed(page())

    assert [event["type"] for event in kept] == [4, 2, 3, 3, 3, 5]
    assert kept[4] == page()[4]
    body = kept[1]["data"]["node"]
    assert body["attributes"]["class"] == "shop"
    assert body["childNodes"][3]["childNodes"] == [text("Cart")]
    assert body["childNodes"][3]["attributes"]["href"].startswith("https://shop.example/?page=2&")
    assert body["childNodes"][5]["attributes"]["value"] == "Buy now"
    assert kept[2]["data"]["attributes"][0]["attributes"]["class"] == "open"


def test_typed_text_keeps_its_length_only() -> None:
    assert scrubbed(page())[3]["data"]["text"] == "*" * len(SECRETS[9])


def test_pictures_are_kept_only_when_all_files_are() -> None:
    drawn = {"type": 3, "data": {"source": 9, "commands": [{"args": ["data:image/webp;…"]}]}}
    node = element("canvas", {"rr_dataURL": "data:image/png;base64,aaaa", "width": 3})
    events = [{"type": 2, "data": {"node": node}}, drawn]

    assert scrubbed(events, attachments=Attachments.ALL) == events
    (left,) = scrubbed(events)
    assert left["data"]["node"]["attributes"] == {"width": 3}


def test_a_deep_page_stays_whole() -> None:
    node = text("the innermost")
    for _ in range(200):
        node = element("div", {}, node)

    assert scrubbed([{"type": 2, "data": {"node": node}}]) == [{"type": 2, "data": {"node": node}}]


def test_rules_of_the_project_hold_in_recordings() -> None:
    policy = Policy(
        rules=(
            Rule(kind=RuleKind.TEXT, pattern="PN-[0-9]{6}", action=Action.MASK),
            Rule(kind=RuleKind.NAME, pattern="data-patient", action=Action.REMOVE),
        )
    )
    events = [{"type": 2, "data": {"node": element("p", {"data-patient": "7"}, text("PN-123456"))}}]
    content = json.dumps(events).encode()

    packed, _size = scrubbed_recording(content, Scrubber(ScrubRules().for_policy(policy)))

    (kept,) = json.loads(zlib.decompress(packed))
    assert kept["data"]["node"]["attributes"] == {}
    assert kept["data"]["node"]["childNodes"][0]["textContent"] == "[Filtered]"


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        zlib.compress(b"not json"),
        zlib.compress(json.dumps(page()).encode())[:-40],
        b'[{"type": 4}',
        b'[{"type": 4} {"type": 4}]',
        b'[{"type": 4},]',
        b'["packed by another tool"]',
        b'{"type": 4}',
        b'[{"text": "\xff\xfe"}]',
        b"[" + b'{"a":' * 100_000,
    ],
)
async def test_what_cannot_be_searched_for_secrets_is_not_kept(edge: Edge, content: bytes) -> None:
    body = envelope_with_length(
        "replay_recording", b'{"segment_id":0}\n' + content, event_id=EVENT_ID
    )

    answer = await edge.post(body)

    assert (answer.status, answer.json()["error"]["code"]) == (400, "unscrubbable")
    assert edge.world.records() == []
    assert edge.world.dropped("unscrubbable") == 1


@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress])
def test_each_way_of_packing_is_read(pack: Any) -> None:
    content = pack(json.dumps(page()).encode())

    packed, _size = scrubbed_recording(content, Scrubber())

    assert len(json.loads(zlib.decompress(packed))) == len(page())


_SOME: list[Any] = [None, True, 10**30, -0.5, "", "\ud800", "é 漢", [], {}, [[{}]], {"data": [1]}]


@given(st.lists(st.dictionaries(st.sampled_from(["type", "data", "x"]), st.sampled_from(_SOME))))
def test_anything_that_is_a_list_of_objects_stays_one(events: list[Any]) -> None:
    assert len(scrubbed(events, attachments=Attachments.ALL)) == len(events)


@given(st.binary(max_size=200))
def test_any_bytes_are_scrubbed_or_refused(content: bytes) -> None:
    for sent in (content, b"[" + content, zlib.compress(content)):
        try:
            packed, _size = scrubbed_recording(sent, Scrubber())
        except Refusal:
            continue
        assert isinstance(json.loads(zlib.decompress(packed)), list)


def test_a_long_recording_is_never_held_whole() -> None:
    event = json.dumps({"type": 3, "data": {"text": "a" * 500_000}}).encode()
    packer = zlib.compressobj(1)
    content = packer.compress(b"[") + b"".join(packer.compress(event + b",") for _ in range(150))
    content += packer.compress(event + b"]") + packer.flush()
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    _packed, size = scrubbed_recording(content, Scrubber())

    assert size > 75_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 40 * 1024


def test_a_single_event_has_a_bound() -> None:
    content = zlib.compress(b'[{"text": "' + b"a" * (40 * 2**20) + b'"}]')

    with pytest.raises(Refusal) as raised:
        scrubbed_recording(content, Scrubber())

    assert (raised.value.status, raised.value.drop) == (413, "too_large")


def attachment(payload: bytes, name: str, content_type: str) -> bytes:
    header = {
        "type": "attachment", "length": len(payload), "filename": name,
        "content_type": content_type,
    }  # fmt: skip
    return b"\n".join((orjson.dumps({"event_id": EVENT_ID}), orjson.dumps(header), payload, b""))


@pytest.mark.parametrize(
    ("payload", "name", "content_type", "stored"),
    [
        (b"login\npassword=hunter2-secret\n", "a.log", "", b"login\npassword=[Filtered]\n"),
        (b'{"a": {"api_key": ["k1"]}}', "a.json", "application/json",
         b'{\n  "a": {\n    "api_key": "[Filtered]"\n  }\n}'),
        (b'{"a":  1}', "a.json", "application/json", b'{"a":  1}'),
        ("café password=hunter2".encode("latin-1"), "a", "text/plain; charset=latin1",
         "café password=[Filtered]".encode("latin-1")),
        ("token=abcdefgh1".encode("utf-16"), "a.txt", "", "token=[Filtered]".encode("utf-16")),
    ],
)  # fmt: skip
async def test_files_of_text_are_scrubbed(
    edge: Edge, payload: bytes, name: str, content_type: str, stored: bytes
) -> None:
    assert (await edge.post(attachment(payload, name, content_type))).status == 200

    assert contents(edge, Kind.ATTACHMENTS) == [stored]


DUMP = b"MDMP\x93\xa7\x00\x00password=hunter2-secret"
WEBP, MOVIE = b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"\x00\x00\x00\x18ftypmp42"
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00password=hunter2-secret"


async def test_other_files_are_kept_only_where_the_project_says_so(edge: Edge) -> None:
    files = {"screenshot.png": PICTURE, "crash.dmp": DUMP, "b.webp": WEBP, "c.mp4": MOVIE}
    kept = []
    for wanted in (Attachments.PICTURES, Attachments.TEXT, Attachments.ALL):
        edge.scrubber.take_policies({1: Policy(attachments=wanted)})
        before = len(contents(edge, Kind.ATTACHMENTS))
        for name, content in files.items():
            assert (await edge.post(attachment(content, name, "image/png"))).status == 200
        kept.append(contents(edge, Kind.ATTACHMENTS)[before:])

    assert kept == [[PICTURE, WEBP, MOVIE], [], [PICTURE, DUMP, WEBP, MOVIE]]
    assert edge.world.dropped("unscrubbable") == 5


async def test_a_project_may_keep_no_files_at_all(edge: Edge) -> None:
    edge.scrubber.take_policies({1: Policy(attachments=Attachments.NONE)})

    answer = await edge.post(attachment(b"a plain text", "a.txt", "text/plain"))

    assert answer.status == 200
    assert edge.world.dropped("not_wanted") == 1
    assert edge.world.records() == []


async def test_a_video_is_kept_unless_the_project_says_otherwise(edge: Edge) -> None:
    parts = {
        "replay_event": orjson.dumps({"replay_id": EVENT_ID, "segment_id": 1}),
        "replay_recording": b'{"segment_id":1}\n[{"type":4}]',
        "replay_video": b"\x00\x00mp4",
    }
    body = envelope_with_length("replay_video", msgspec.msgpack.encode(parts), event_id=EVENT_ID)

    assert (await edge.post(body)).status == 200

    assert contents(edge, Kind.REPLAYS)[2] == b"\x00\x00mp4"

    edge.scrubber.take_policies({1: Policy(attachments=Attachments.TEXT)})
    assert (await edge.post(body)).status == 200
    assert len(contents(edge, Kind.REPLAYS)) == 5
    assert edge.world.dropped("unscrubbable") == 1
