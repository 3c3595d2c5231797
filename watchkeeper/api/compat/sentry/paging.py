"""Cursors of lists that are counted from their beginning, and the `Link` to the next page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from watchkeeper.lib.errors import Invalid

FIRST = "0:0:1"
"""The cursor that leads back to the first page."""
_MOST = 100


def offset_of(cursor: str) -> int:
    """The offset in a cursor such as `0:100:0`. Raises Invalid."""
    if not cursor:
        return 0
    parts = cursor.split(":")
    if len(parts) != 3 or not parts[1].isdigit() or len(parts[1]) > 9:
        raise Invalid("The cursor is not one of ours; begin without one.")
    return int(parts[1])


def per_page(sent: str) -> int:
    """How many a page has: 1..100, 100 if nothing usable was said."""
    is_number = sent.isascii() and sent.isdigit() and len(sent) < 6
    return max(1, min(_MOST, int(sent))) if is_number else _MOST


def link_to(
    base: str, sent: Sequence[tuple[str, str]], offset: int, limit: int, *, has_more: bool
) -> str:
    """The header that leads to the pages before and behind. sent: the query as it came."""
    before = max(0, offset - limit)
    return link_by(
        base,
        sent,
        before=(f"0:{before}:1", offset > 0),
        behind=(f"0:{offset + limit}:0", has_more),
    )


def link_by(
    base: str,
    sent: Sequence[tuple[str, str]],
    *,
    before: tuple[str, bool],
    behind: tuple[str, bool],
) -> str:
    """The header with two cursors, each with whether that page has results. Both are always told:
    clients go on until `results="false"`. The query goes along, so that an address can be followed.
    """
    kept = urlencode([(name, value) for name, value in sent if name != "cursor"])

    def link(rel: str, cursor: str, results: bool) -> str:
        told = "true" if results else "false"
        address = f"{base}?{kept}&cursor={cursor}"
        return f'<{address}>; rel="{rel}"; results="{told}"; cursor="{cursor}"'

    return f"{link('previous', *before)}, {link('next', *behind)}"
