"""Ids of traces and spans, in each way that senders write them."""

from __future__ import annotations

import pytest

from watchkeeper.ingest.pipeline import (
    SentLog,
    finish_log,
    span_id_of,
    trace_id_of,
)
from watchkeeper.privacy import Scrubber

PLAIN = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (PLAIN, PLAIN),
        (PLAIN.upper(), PLAIN),
        ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", PLAIN),
        ("0" * 32, ""),
        ("00000000-0000-0000-0000-000000000000", ""),
        (PLAIN[:31], ""),
        (PLAIN + "0", ""),
        ("g" * 32, ""),
        (f"{PLAIN}\n", ""),
        ("", ""),
        (None, ""),
        (int(PLAIN[:8], 16), ""),
    ],
)
def test_the_id_of_a_trace(sent: object, read: str) -> None:
    assert trace_id_of(sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [("00F067AA0BA902B7", "00f067aa0ba902b7"), ("0" * 16, ""), (PLAIN, ""), (7, "")],
)
def test_the_id_of_a_span(sent: object, read: str) -> None:
    assert span_id_of(sent) == read


def test_a_line_without_a_trace_has_none_from_an_empty_traceparent() -> None:
    empty = f"00-{'0' * 32}-{'0' * 16}-00"
    sent = SentLog(body="paid", source="json", attributes={"traceparent": empty})

    row = finish_log(sent, received_ms=1_795_224_000_000, scrubber=Scrubber())

    assert (row.trace_id, row.span_id) == ("", "")
