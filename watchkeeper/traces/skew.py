"""Clocks of different machines: spans are moved into the spans that called them. Pure.

The rule is Jaeger's: a call's server side lies in the middle of its client side.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.traces.tree import Node


def adjust(rows: Sequence[Node]) -> dict[str, int]:
    """Shift what lies outside of its parent; returns by how much each service, in ns.

    rows: parents before children. A shift moves everything below it. Work that comes through a
    queue waits: it is left where it is.
    """
    shifts: dict[str, int] = {}
    moved: dict[int, int] = {}
    for node in rows:
        inherited = moved.get(node.parent.row, 0) if node.parent else 0
        node.start_ns += inherited
        node.end_ns += inherited
        own = _shift(node)
        node.start_ns += own
        node.end_ns += own
        if inherited + own:
            moved[node.row] = inherited + own
            if abs(inherited + own) > abs(shifts.get(node.service, 0)):
                shifts[node.service] = inherited + own
    return shifts


def skewed(rows: Sequence[Node]) -> bool:
    """True if `adjust` would move anything."""
    return any(_shift(node) for node in rows)


def _shift(node: Node) -> int:
    parent = node.parent
    if parent is None or not _other_clock(node, parent):
        return 0
    took, whole = node.end_ns - node.start_ns, parent.end_ns - parent.start_ns
    if took > whole:
        # It outlives its caller: only a start before the call cannot be.
        return max(0, parent.start_ns - node.start_ns)
    if node.start_ns >= parent.start_ns and node.end_ns <= parent.end_ns:
        return 0
    return parent.start_ns + (whole - took) // 2 - node.start_ns


def _other_clock(node: Node, parent: Node) -> bool:
    one, other = node.span, parent.span
    if one is None or other is None or one.kind == "consumer" or other.kind == "producer":
        return False
    if one.host and other.host:
        return one.host != other.host
    return one.service != other.service
