"""Which tags set an issue's events apart from those of other issues."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from watchkeeper.issues.repo.tag_counts import TAGGED_EVENTS
from watchkeeper.issues.types import TagBreakdown, TagValue

_RAREST = 0.005
"""A value that no other event has may have been missed: this share is assumed of it."""


def broken_down(
    found: Sequence[tuple[str, str, int]],
    usual: Mapping[tuple[str, str], float],
    *,
    looked_at: int,
) -> list[TagBreakdown]:
    """found: (key, value, events), by key, the commonest first. usual: shares elsewhere, 0..1.

    looked_at: events that were counted. The tags with the greatest lift come first.
    """
    tags = [
        TagBreakdown(
            key=key,
            values=[
                TagValue(
                    value=value,
                    count=n,
                    ratio=n / looked_at,
                    usual_ratio=usual.get((key, value)),
                )
                for _key, value, n in listed
            ],
            is_sampled=looked_at >= TAGGED_EVENTS,
        )
        for key, listed in groupby(found, key=lambda one: one[0])
    ]
    return sorted(tags, key=lambda tag: (-lift(tag.values), tag.key))


def lift(values: Sequence[TagValue]) -> float:
    """How much these shares tell of an event, in bits: 0 if they are the usual ones, or nothing is
    known of others (the relative entropy of the two distributions).
    """
    told = 0.0
    for one in values:
        if one.usual_ratio is not None and one.ratio > 0:
            told += one.ratio * math.log2(one.ratio / max(one.usual_ratio, _RAREST))
    return max(0.0, told)
