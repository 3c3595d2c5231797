"""Whatever happens to a segment's bytes: no wrong record, and no acknowledged one lost for it."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.clock import HandClock
from watchkeeper.model import Kind, Record
from watchkeeper.store.spool import Position, SegmentReader, SegmentWriter, SpoolOptions

RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from(Kind),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**47),
        st.binary(max_size=80),
    ),
    min_size=1,
    max_size=12,
)


def written(directory: Path, records: list[Record], segment_bytes: int = 2**20) -> Path:
    """All records in one lane, closed, with a newer segment behind; the first segment's path."""
    options = SpoolOptions(segment_bytes=segment_bytes)
    spool = SegmentWriter(directory, "edge", clock=HandClock(), options=options)
    for record in records:
        spool.append_blocking([record])
    spool.close()
    SegmentWriter(directory, "edge", clock=HandClock()).close()
    return min((directory / "edge").glob("*.seg"))


def read_all(directory: Path, max_bytes: int) -> list[Record]:
    reader, position = SegmentReader(directory), Position(0, 0)
    found: list[Record] = []
    while (batch := reader.read("edge", position, max_bytes=max_bytes)) is not None:
        assert reader.reread(batch.cut).records == batch.records
        assert batch.cut.end > batch.cut.start
        found.extend(batch.records)
        position = Position(batch.cut.segment, batch.cut.end)
    return found


def size(record: Record) -> int:
    return 21 + len(record.payload)


@settings(max_examples=120, deadline=None)
@given(RECORDS, st.integers(1, 400), st.integers(30, 300))
def test_everything_acknowledged_is_read_in_order(
    records: list[Record], max_bytes: int, segment_bytes: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        written(Path(directory), records, segment_bytes)
        assert read_all(Path(directory), max_bytes) == records


@settings(max_examples=120, deadline=None)
@given(RECORDS, st.data(), st.integers(1, 400))
def test_a_torn_tail_costs_only_what_it_tore(
    records: list[Record], data: st.DataObject, max_bytes: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = written(Path(directory), records)
        cut = data.draw(st.integers(0, path.stat().st_size))
        path.write_bytes(path.read_bytes()[:cut])
        ends = list(itertools.accumulate(map(size, records)))
        whole = [record for record, end in zip(records, ends, strict=True) if end <= cut]
        assert read_all(Path(directory), max_bytes) == whole


@settings(max_examples=200, deadline=None)
@given(RECORDS, st.data(), st.integers(1, 400))
def test_damaged_bytes_cost_only_the_records_they_touch(
    records: list[Record], data: st.DataObject, max_bytes: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = written(Path(directory), records)
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        damage = data.draw(st.binary(min_size=1, max_size=40))[: len(content) - at]
        before = bytes(content)
        content[at : at + len(damage)] = damage
        path.write_bytes(content)
        starts = [0, *itertools.accumulate(map(size, records))]
        spans = zip(records, starts, starts[1:], strict=False)
        kept = [r for r, start, end in spans if content[start:end] == before[start:end]]
        assert read_all(Path(directory), max_bytes) == kept


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_a_copy_of_a_segment_inside_a_payload_is_never_taken_for_records(
    records: list[Record],
) -> None:
    """Bytes of a whole segment, sent as a payload, behind damage that makes the reader search."""
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as other:
        hostile = Record(Kind.LOGS, 9, 1, written(Path(other), records).read_bytes())
        path = written(Path(directory), [hostile, records[0]])
        content = bytearray(path.read_bytes())
        content[4] ^= 0xFF
        path.write_bytes(content)
        assert read_all(Path(directory), 2**20) == [records[0]]
