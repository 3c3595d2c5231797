"""Since when a target fails, as its strip tells."""

from __future__ import annotations

import pytest

from watchkeeper.api.wk.up_history import UpHistory

KEY = ("node", "a:1")


def since_ms(*strip: float | None) -> int | None:
    """Of a strip of buckets of 100 ms that ends at 1,000."""
    history = UpHistory(ratios={}, strips={KEY: list(strip)}, end_ms=1_000, bucket_ms=100)
    return history.down_since_ms(*KEY)


@pytest.mark.parametrize(
    ("strip", "expected"),
    [
        ((1.0, 1.0), None),
        ((1.0, 0.0), 900),
        ((1.0, 0.0, 0.0), 800),
        ((1.0, 0.25, 0.0), 825),
        ((0.0, 1.0, 0.5), 950),
        ((0.0, 0.0, 0.0), 700),
        ((None, 0.0), None),
        ((None, 0.0, 0.0), 900),
        ((None, 0.5, 0.0), 850),
        ((0.0, None), None),
    ],
)
def test_failures_go_back_to_the_last_good_scrape(
    strip: tuple[float | None, ...], expected: int | None
) -> None:
    assert since_ms(*strip) == expected


def test_of_an_unknown_target_nothing_is_known() -> None:
    assert UpHistory(ratios={}, strips={}, end_ms=0, bucket_ms=1).down_since_ms("x", "y") is None
