"""Answers as Prometheus writes them, joined from strings: a matrix may hold a million points."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

import numpy as np
import orjson

from watchkeeper.api.compat.matrix_json import matrix_pieces
from watchkeeper.api.compat.prometheus_histograms import histogram_text
from watchkeeper.model import Labels
from watchkeeper.query.promql import (
    Matrix,
    Result,
    Scalar,
    Stats,
    String,
    Vector,
    format_duration,
    format_sample,
)

Json = Mapping[str, object] | Sequence[object] | str
"""What `success` can encode."""


def encode(value: object) -> bytes:
    """JSON of plain values. Text that is no UTF-8 is escaped instead of refused."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def success(data: bytes, *, warnings: Iterable[str] = (), infos: Iterable[str] = ()) -> bytes:
    """The envelope of an answer whose data is encoded already."""
    parts = [b'{"status":"success","data":', data]
    for key, notes in ((b"warnings", list(warnings)), (b"infos", list(infos))):
        if notes:
            parts.extend((b',"', key, b'":', encode(notes)))
    parts.append(b"}")
    return b"".join(parts)


def failure(error_type: str, message: str) -> bytes:
    """The envelope of a refusal."""
    return encode({"status": "error", "errorType": error_type, "error": message})


def success_pieces(
    data: Iterable[bytes], *, warnings: Iterable[str] = (), infos: Iterable[str] = ()
) -> Iterator[bytes]:
    """The same envelope around data that comes in pieces."""
    head, _, tail = success(b"|", warnings=warnings, infos=infos).partition(b"|")
    yield head
    yield from data
    yield tail


def query_data(result: Result, *, with_stats: bool, limit: int) -> tuple[bytes, bool]:
    """The `data` of a query's answer, and whether `limit` (0: none) cut series off."""
    pieces, cut = query_pieces(result, with_stats=with_stats, limit=limit)
    return b"".join(pieces), cut


def query_pieces(result: Result, *, with_stats: bool, limit: int) -> tuple[Iterator[bytes], bool]:
    """The same, in pieces of a few MB that are written when they are asked for."""
    value = result.value
    cut = isinstance(value, Vector | Matrix) and 0 < limit < len(value.labels)
    stats = f',"stats":{encode(_stats(result.stats)).decode()}' if with_stats else ""
    kind, body = _body(value, limit)
    opening = f'{{"resultType":"{kind}","result":'.encode()
    return chain([opening], body, [f"{stats}}}".encode()]), cut


def _body(value: Matrix | Vector | Scalar | String, limit: int) -> tuple[str, Iterable[bytes]]:
    if isinstance(value, Vector | Matrix) and value.histograms is not None:
        kind = "vector" if isinstance(value, Vector) else "matrix"
        return kind, [_with_histograms(value, limit or len(value.labels)).encode()]
    if isinstance(value, Vector):
        return "vector", [_vector(value, limit or len(value.labels)).encode()]
    if isinstance(value, Matrix):
        count = len(value.labels)
        return "matrix", matrix_pieces(value, min(limit or count, count), metric)
    if isinstance(value, Scalar):
        text = format_sample(value.value)
        return "scalar", [f'[{timestamp(value.ts_ms)},"{text}"]'.encode()]
    text = encode(value.value).decode()
    return "string", [f"[{timestamp(value.ts_ms)},{text}]".encode()]


def _stats(stats: Stats) -> dict[str, object]:
    return {
        "timings": {
            "evalTotalTime": stats.seconds,
            "execQueueTime": stats.queued_s,
            "execTotalTime": stats.queued_s + stats.seconds,
        },
        "samples": {
            "totalQueryableSamples": stats.samples,
            "peakSamples": stats.peak_samples,
        },
        "series": stats.series,
        "pushedDown": stats.pushed_down,
        "resolutionMs": stats.resolution_ms,
        "resolution": format_duration(stats.resolution_ms) if stats.resolution_ms else None,
    }


def timestamp(ts_ms: int) -> str:
    """Seconds; the fraction has three digits or is left out."""
    whole, fraction = divmod(abs(ts_ms), 1000)
    sign = "-" if ts_ms < 0 else ""
    return f"{sign}{whole}.{fraction:03d}" if fraction else f"{sign}{whole}"


def metric(labels: Labels) -> str:
    """A label set as a JSON object."""
    return encode(dict(labels)).decode()


def _vector(vector: Vector, limit: int) -> str:
    when = timestamp(vector.ts_ms)
    values = sample_texts(vector.values[:limit])
    rows = [
        f'{{"metric":{metric(labels)},"value":[{when},"{value}"]}}'
        for labels, value in zip(vector.labels[:limit], values, strict=True)
    ]
    return f"[{','.join(rows)}]"


def _with_histograms(answer: Vector | Matrix, limit: int) -> str:
    """As other vectors and matrices, of samples among which are native histograms."""
    histograms = [] if answer.histograms is None else list(answer.histograms)
    samples = [
        f'"{text}"' if histogram is None else histogram_text(histogram)
        for text, histogram in zip(sample_texts(answer.values), histograms, strict=True)
    ]
    rows = [
        f'{{"metric":{metric(labels)}{fields}}}'
        for labels, fields in zip(answer.labels[:limit], _fields(answer, samples), strict=False)
    ]
    return f"[{','.join(rows)}]"


def _fields(answer: Vector | Matrix, samples: list[str]) -> Iterator[str]:
    """What follows the metric of each series: its floats, its histograms, or both."""
    if isinstance(answer, Vector):
        when = timestamp(answer.ts_ms)
        for text in samples:
            key = "value" if text[0] == '"' else "histogram"
            yield f',"{key}":[{when},{text}]'
        return
    points = [
        f"[{timestamp(ts_ms)},{text}]"
        for ts_ms, text in zip(answer.ts.tolist(), samples, strict=True)
    ]
    for start, end in pairwise(answer.offsets.tolist()):
        inside = range(start, end)
        floats = [points[i] for i in inside if samples[i][0] == '"']
        others = [points[i] for i in inside if samples[i][0] != '"']
        yield "".join(
            f',"{key}":[{",".join(texts)}]'
            for key, texts in (("values", floats), ("histograms", others))
            if texts
        )


def sample_texts(values: np.ndarray) -> list[str]:
    """Each value as `format_sample` writes it; only the odd ones are formatted one by one."""
    if not len(values):
        return []
    column = np.ascontiguousarray(values, dtype=np.float64)
    text = orjson.dumps(column, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    texts = (text[1:-1] + ",").replace(".0,", ",")[:-1].split(",")
    size = np.abs(column)
    plain = (size == 0) | ((size >= 1e-4) & (size < 1e15))
    for index in np.flatnonzero(~plain).tolist():
        texts[index] = format_sample(float(column[index]))
    return texts
