"""Histograms of which only count and sum are asked for."""

from __future__ import annotations

from dataclasses import replace as with_fields

from msgspec.structs import replace

from watchkeeper.model import Buckets, Histogram, ResetHint
from watchkeeper.query.promql.histograms.resets import detect_reset
from watchkeeper.query.promql.histograms.samples import column
from watchkeeper.query.promql.types import Histograms, SeriesBlock


def without_buckets(block: SeriesBlock, *, in_sequence: bool) -> SeriesBlock:
    """The block with histograms that have no buckets and no bounds left.

    in_sequence: they are compared with the samples before them, which takes their buckets, so
    what is found of counter resets is written down.
    """
    if block.histograms is None:
        return block
    bare: Histograms = block.histograms.copy()
    for start, end in zip(block.offsets[:-1].tolist(), block.offsets[1:].tolist(), strict=True):
        bare[start:end] = column(_bare(list(block.histograms[start:end]), in_sequence))
    return with_fields(block, histograms=bare)


def _bare(series: list[Histogram | None], in_sequence: bool) -> list[Histogram | None]:
    answer: list[Histogram | None] = []
    previous: Histogram | None = None
    for histogram in series:
        if histogram is None:
            answer.append(None)
            continue
        hint = histogram.reset_hint
        if in_sequence and previous is not None and hint is ResetHint.UNKNOWN:
            reset = detect_reset(histogram, previous)
            hint = ResetHint.RESET if reset else ResetHint.NOT_RESET
        answer.append(
            replace(
                histogram,
                reset_hint=hint,
                zero_threshold=0.0,
                zero_count=0.0,
                positive=Buckets(),
                negative=Buckets(),
                custom_bounds=(),
            )
        )
        previous = histogram
    return answer
