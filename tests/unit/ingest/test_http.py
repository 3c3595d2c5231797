from __future__ import annotations

import pytest

from watchkeeper.ingest import AsgiMessage, Reply


@pytest.mark.parametrize(("status", "lengths"), [(200, [b"2"]), (204, [])])
async def test_a_reply_says_its_length_unless_it_can_have_no_body(
    status: int, lengths: list[bytes]
) -> None:
    sent: list[AsgiMessage] = []

    async def send(message: AsgiMessage) -> None:
        sent.append(message)

    await Reply(status, b"ok" if status == 200 else b"").send(send)

    told = [value for name, value in sent[0]["headers"] if name == b"content-length"]
    assert told == lengths
