"""What an alert's expression compares with what: for previews and for hints at wrong units."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.query.promql.ast import (
    COMPARISONS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Selector,
    Unary,
    post_order,
    unwrap,
)

_PER_SECOND = frozenset({"rate", "irate", "deriv"})
_KEEPS_UNIT = frozenset({"sum", "avg", "min", "max", "topk", "bottomk", "quantile"})
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`value` operator limit. value: text of the side that is no number.

    is_per_second: the value is a plain rate, neither divided nor multiplied by anything.
    metrics: names that the value selects.
    """

    value: str
    operator: str
    limit: float
    is_per_second: bool
    metrics: tuple[str, ...]


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
        is_per_second=_is_rate(side),
        metrics=metrics_of(side),
    )


def metrics_of(tree: Node) -> tuple[str, ...]:
    """The metric names that an expression selects, each once, in order."""
    names = (node.name for node in post_order(tree) if isinstance(node, Selector))
    return tuple(dict.fromkeys(name for name in names if name))


def _number(node: Node) -> float | None:
    inner = unwrap(node)
    if isinstance(inner, Number):
        return inner.value
    if isinstance(inner, Unary):
        value = _number(inner.expr)
        return None if value is None else -value if inner.op == "-" else value
    return None


def _is_rate(node: Node) -> bool:
    inner = unwrap(node)
    if isinstance(inner, Call):
        return inner.func in _PER_SECOND
    if isinstance(inner, Aggregate):
        return inner.op in _KEEPS_UNIT and _is_rate(inner.expr)
    return False
