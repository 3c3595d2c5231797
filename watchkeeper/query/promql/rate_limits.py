"""Comparisons of a per-second rate with a number, which people misread as a share or a total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.query.promql.ast import (
    COMPARISONS,
    Aggregate,
    Binary,
    Call,
    Expr,
    Node,
    Number,
    Unary,
    post_order,
    selectors_of,
    unwrap,
)

_RATES = frozenset({"rate", "irate"})
_KEEP_UNIT = frozenset({"sum", "avg", "min", "max", "topk", "bottomk", "quantile"})
_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """`metric` per second compared with `limit`; op as if the rate stood on the left.

    position: of the comparison's operator in the expression's text.
    """

    metric: str
    op: str
    limit: float
    position: int


def rate_limits(expr: Expr) -> Iterator[RateLimit]:
    """Every such comparison. Rates of seconds are shares of time and left out."""
    for node in post_order(expr):
        if not isinstance(node, Binary) or node.op not in COMPARISONS:
            continue
        lhs, rhs = unwrap(node.lhs), unwrap(node.rhs)
        if isinstance(rhs, Number) and _is_per_second(lhs):
            yield from _limit(node, lhs, node.op, rhs.value)
        elif isinstance(lhs, Number) and _is_per_second(rhs):
            yield from _limit(node, rhs, _MIRRORED.get(node.op, node.op), lhs.value)


def _limit(node: Binary, rate: Node, op: str, limit: float) -> Iterator[RateLimit]:
    names = [selector.name for selector in selectors_of(rate) if selector.name]
    if names and "_seconds_" not in f"{names[0]}_":
        yield RateLimit(metric=names[0], op=op, limit=limit, position=node.op_start)


def _is_per_second(node: Node) -> bool:
    node = unwrap(node)
    if isinstance(node, Call):
        return node.func in _RATES
    if isinstance(node, Aggregate):
        return node.op in _KEEP_UNIT and _is_per_second(node.expr)
    if isinstance(node, Unary):
        return _is_per_second(node.expr)
    if isinstance(node, Binary) and node.op in {"+", "-"}:
        return _is_per_second(node.lhs) and _is_per_second(node.rhs)
    return False
