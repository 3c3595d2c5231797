"""Files of events: told and read by their own tenant alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house import SCOPE, House, open_house
from watchkeeper.ingest.envelope_rows import AttachmentRow, encode_blob_rows
from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Kind, Role, Scope
from watchkeeper.query.attachments import Attachments

EVENT = "a" * 32
NOW_MS = 1_795_224_000_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(Path(tmp_path_factory.mktemp("house"))) as house:
        for number, name in enumerate(("first.txt", "second.bin")):
            row = AttachmentRow(
                ts=NOW_MS + number, event_id=EVENT, attachment_id=f"{number:032x}", name=name,
                content_type="text/html", type="event.attachment", size_bytes=4, user_key="",
            )  # fmt: skip
            content = f"<b>{number}".encode()
            house.receive([encode_blob_rows([(row, content)])], Kind.ATTACHMENTS)
        house.digest().run_once()
        yield house


def test_the_files_of_an_event_are_told_in_order(house: House) -> None:
    found = Attachments(house.columns, house.blobs).of_event(SCOPE, EVENT.upper())
    assert [(each.number, each.name, each.size_bytes) for each in found] == [
        (0, "first.txt", 4),
        (1, "second.bin", 4),
    ]


def test_a_file_is_read_whole(house: House) -> None:
    attachment, content = Attachments(house.columns, house.blobs).content(SCOPE, EVENT, 1)
    assert (attachment.name, content) == ("second.bin", b"<b>1")


def test_what_is_not_there_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match="no attachment 2; it has 2"):
        Attachments(house.columns, house.blobs).content(SCOPE, EVENT, 2)


def test_another_tenant_sees_no_file(house: House) -> None:
    other = Scope(org_id=2, project_ids=(2,), role=Role.OWNER)
    attachments = Attachments(house.columns, house.blobs)
    assert attachments.of_event(other, EVENT) == []
    with pytest.raises(NotFound):
        attachments.content(other, EVENT, 0)
