"""What is written and read again is what it was: encodings of the wire and of the spool."""

from __future__ import annotations

import math
import struct

import cramjam
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import wire
from watchkeeper.ingest import (
    ExemplarRow,
    HistogramRow,
    MetadataRow,
    SeriesRow,
    decode_exemplars,
    decode_histograms,
    decode_metadata,
    decode_samples,
    decode_series,
    encode_exemplars,
    encode_histograms,
    encode_metadata,
    encode_samples,
    encode_series,
)
from watchkeeper.ingest.exposition import Memory, Pairs, format_bound, parse_openmetrics, parse_text
from watchkeeper.ingest.protocols.remote_write import parse
from watchkeeper.model import (
    METRIC_NAME,
    Buckets,
    Histogram,
    Kind,
    Labels,
    Record,
    ResetHint,
    decode_histogram,
    encode_histogram,
    labels_of,
)
from watchkeeper.query.promql import format_duration, parse_duration_ms
from watchkeeper.store.spool.frame import encode as encode_frame
from watchkeeper.store.spool.frame import frames

few = settings(max_examples=60, deadline=None)
I64 = st.integers(-(2**63), 2**63 - 1)
U64 = st.integers(0, 2**64 - 1)
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAME = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,10}", fullmatch=True)
LABEL_NAME = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
SERIES = st.builds(
    lambda name, labels: labels_of({**labels, METRIC_NAME: name}),
    NAME,
    st.dictionaries(LABEL_NAME, TEXT.filter(bool), max_size=4),
)


def bits(values: object) -> list[bytes]:
    """Floats told apart to the last bit, as NaNs are."""
    return [struct.pack("<d", value) for value in np.asarray(values, np.float64)]


@st.composite
def buckets(draw: st.DrawFn) -> Buckets:
    indexes = sorted(draw(st.sets(st.integers(-(2**31), 2**31 - 1), max_size=6)))
    counts = draw(st.lists(ANY_FLOAT, min_size=len(indexes), max_size=len(indexes)))
    return Buckets(tuple(indexes), tuple(counts))


HISTOGRAM = st.builds(
    Histogram,
    schema=st.integers(-53, 8),
    count=ANY_FLOAT,
    sum=ANY_FLOAT,
    zero_threshold=ANY_FLOAT,
    zero_count=ANY_FLOAT,
    positive=buckets(),
    negative=buckets(),
    custom_bounds=st.lists(ANY_FLOAT, max_size=4).map(tuple),
    reset_hint=st.sampled_from(ResetHint),
)


@few
@given(HISTOGRAM)
def test_a_histogram_is_stored_whole(histogram: Histogram) -> None:
    again = decode_histogram(encode_histogram(histogram))

    assert encode_histogram(again) == encode_histogram(histogram)
    assert again.positive.indexes == histogram.positive.indexes
    assert bits([again.sum, again.count]) == bits([histogram.sum, histogram.count])
    assert again.reset_hint is histogram.reset_hint


@few
@given(st.lists(st.tuples(U64, I64, ANY_FLOAT), max_size=20), st.booleans())
def test_a_block_of_samples_is_stored_whole(
    rows: list[tuple[int, int, float]], one_time: bool
) -> None:
    ids = np.array([row[0] for row in rows], np.uint64)
    times = np.array([rows[0][1] if one_time else row[1] for row in rows], np.int64)
    values = np.array([row[2] for row in rows], np.float64)

    found = decode_samples(encode_samples(ids, times, values))

    assert found[0].tolist() == ids.tolist()
    assert found[1].tolist() == times.tolist()
    assert bits(found[2]) == bits(values)


@few
@given(st.lists(st.tuples(U64, SERIES), max_size=5))
def test_series_are_announced_whole(rows: list[tuple[int, Labels]]) -> None:
    told = [SeriesRow(series_id, labels) for series_id, labels in rows]

    assert decode_series(encode_series(told)) == told


@few
@given(st.lists(st.tuples(U64, I64, HISTOGRAM.map(encode_histogram)), max_size=4))
def test_histogram_rows_are_stored_whole(rows: list[tuple[int, int, bytes]]) -> None:
    told = [HistogramRow(*row) for row in rows]

    assert decode_histograms(encode_histograms(told)) == told


@few
@given(
    st.lists(
        st.tuples(U64, I64, st.floats(allow_nan=False), st.dictionaries(TEXT, TEXT, max_size=3)),
        max_size=4,
    )
)
def test_exemplars_are_stored_whole(rows: list[tuple[int, int, float, dict[str, str]]]) -> None:
    told = [ExemplarRow(*row) for row in rows]

    assert decode_exemplars(encode_exemplars(told)) == told


@few
@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), max_size=4))
def test_metadata_are_stored_whole(rows: list[tuple[str, str, str, str]]) -> None:
    told = [MetadataRow(*row) for row in rows]

    assert decode_metadata(encode_metadata(told)) == told


RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from(Kind),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**48 - 1),
        st.binary(max_size=60),
    ),
    max_size=5,
)


@few
@given(RECORDS, st.lists(st.binary(max_size=40), min_size=6, max_size=6))
def test_a_segment_is_read_whole_between_damage(records: list[Record], damage: list[bytes]) -> None:
    segment = b""
    for record, noise in zip(records, damage, strict=False):
        segment += noise
        segment += encode_frame(record, segment=3, offset=len(segment))

    assert [frame.record for frame in frames(segment, segment=3, offset=0)] == records


@st.composite
def write_requests(draw: st.DrawFn) -> list[tuple[Labels, list[tuple[int, float]]]]:
    found = []
    for labels in draw(st.lists(SERIES, max_size=20, unique=True)):
        samples = draw(st.lists(st.tuples(I64, ANY_FLOAT), max_size=3))
        found.append((labels, samples))
    return found


def as_request(series: list[tuple[Labels, list[tuple[int, float]]]]) -> bytes:
    """A WriteRequest as Prometheus writes it: what is zero is left out."""
    fields: list[wire.Field] = []
    for labels, samples in series:
        inner: list[wire.Field] = [
            (1, 2, wire.encoded([(1, 2, name.encode()), (2, 2, value.encode())]))
            for name, value in labels
        ]
        for ts_ms, value in samples:
            is_zero = value == 0 and math.copysign(1, value) > 0
            sample: list[wire.Field] = [] if is_zero else [(1, 1, struct.pack("<d", value))]
            inner.append((2, 2, wire.encoded([*sample, *([(2, 0, ts_ms)] if ts_ms else [])])))
        fields.append((1, 2, wire.encoded(inner)))
    return wire.encoded(fields)


@few
@given(write_requests(), st.integers(1, 3))
def test_a_write_request_is_read_as_it_was_sent(
    series: list[tuple[Labels, list[tuple[int, float]]]], times: int
) -> None:
    places: dict[Labels, int] = {}
    known = parse.KnownSeries()
    packed = bytes(cramjam.snappy.compress_raw(as_request(series)))
    for _ in range(times):  # from the second time on the series are known, then their order too
        body = bytes(cramjam.snappy.decompress_raw(packed))
        decoded = parse.decode(body, known, lambda labels: places.setdefault(labels, len(places)))

    names = {place: labels for labels, place in places.items()}
    columns = (decoded.slots.tolist(), decoded.ts_ms.tolist(), bits(decoded.values))
    found = sorted((names[slot], ts, value) for slot, ts, value in zip(*columns, strict=True))
    sent = [(labels, ts, struct.pack("<d", value)) for labels, many in series for ts, value in many]
    assert found == sorted(sent)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@few
@given(
    st.lists(st.tuples(SERIES, st.floats(allow_nan=False)), max_size=6, unique_by=lambda r: r[0])
)
def test_an_exposition_shows_the_series_it_was_written_from(
    rows: list[tuple[Labels, float]],
) -> None:
    lines = []
    for labels, value in rows:
        inner = ",".join(f'{k}="{escaped(v)}"' for k, v in labels if k != METRIC_NAME)
        lines.append(f"{dict(labels)[METRIC_NAME]}{{{inner}}} {value!r}\n")
    for read, end in ((parse_text, ""), (parse_openmetrics, "# EOF\n")):
        series: list[Pairs] = []

        def learn(pairs: Pairs, series: list[Pairs] = series) -> int:
            series.append(pairs)
            return len(series) - 1

        found = read("".join((*lines, end)).encode(), Memory(), learn)

        assert [labels_of(dict(series[number])) for number in found.numbers] == [r[0] for r in rows]
        assert bits(found.values) == bits([value for _, value in rows])


@few
@given(st.integers(0, 2**63 // 1_000_000))
def test_a_duration_reads_as_it_is_shown(ms: int) -> None:
    assert parse_duration_ms(format_duration(ms)) == ms


@few
@given(st.floats(allow_nan=False))
def test_a_bound_is_the_number_it_spells(bound: float) -> None:
    assert float(format_bound(bound)) == bound
