"""What an alert's expression compares with what, so that the value can be shown."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.query.promql.ast import (
    COMPARISONS,
    Binary,
    Node,
    Number,
    Unary,
    unwrap,
)
from watchkeeper.query.promql.rate_limits import rate_limits

_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`value` operator limit. value: text of the side that is no number.

    is_per_second: the value is a plain rate, neither divided nor multiplied by anything.
    """

    value: str
    operator: str
    limit: float
    is_per_second: bool


def comparison_of(tree: Node, text: str) -> Comparison | None:
    """The comparison with a number that an expression is; None if it is of another form."""
    node = unwrap(tree)
    if not isinstance(node, Binary) or node.op not in COMPARISONS:
        return None
    side, operator, limit = node.lhs, node.op, _number(node.rhs)
    if limit is None:
        side, operator, limit = node.rhs, _TURNED[node.op], _number(node.lhs)
    if limit is None or _number(side) is not None:
        return None
    return Comparison(
        value=text[side.start : side.end],
        operator=operator,
        limit=limit,
        is_per_second=any(True for _ in rate_limits(node)),
    )


def _number(node: Node) -> float | None:
    inner = unwrap(node)
    if isinstance(inner, Number):
        return inner.value
    if isinstance(inner, Unary):
        value = _number(inner.expr)
        return None if value is None else -value if inner.op == "-" else value
    return None
