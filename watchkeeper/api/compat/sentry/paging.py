"""Cursors of lists that are counted from their beginning, and the `Link` to the next page. Pure."""

from __future__ import annotations

from watchkeeper.lib.errors import Invalid

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


def link_to(base: str, offset: int, limit: int, *, has_more: bool) -> str:
    """The header that leads to the pages before and behind."""
    before = max(0, offset - limit)

    def link(rel: str, at: int, results: bool) -> str:
        cursor = f"0:{at}:{1 if rel == 'previous' else 0}"
        told = "true" if results else "false"
        return f'<{base}?cursor={cursor}>; rel="{rel}"; results="{told}"; cursor="{cursor}"'

    return f"{link('previous', before, offset > 0)}, {link('next', offset + limit, has_more)}"
