"""Further forms of an instant case: every selector pinned by `@`, asked at other times."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.promqltest.reader import Eval
from watchkeeper.query.promql import ParseError, format_expr, parse
from watchkeeper.query.promql.ast import (
    Aggregate,
    At,
    AtKind,
    Binary,
    Call,
    MatrixSelector,
    Node,
    Paren,
    Selector,
    Subquery,
    Unary,
)

_UNSAFE = re.compile(
    r"\b(?:days_in_month|day_of_month|day_of_week|day_of_year|end|hour|minute|month|year"
    r"|predict_linear|range|start|step|time|timestamp)\s*\("
)


def pinned_variants(case: Eval) -> list[Eval]:
    """The case with `@ t` everywhere, at -10t, 0, t/5, t and 10t; none where time matters."""
    if _UNSAFE.search(case.text) or case.expected.columns is not None:
        return []
    try:
        text = format_expr(_pinned(parse(case.text), case.start_ms))
    except ParseError:
        return []
    t = case.start_ms
    moments = [-10 * t, 0, t // 5, t, 10 * t] if t else [-1000, 0, 1000]
    return [replace(case, text=text, start_ms=moment, end_ms=moment) for moment in moments]


def _pinned(node: Node, at_ms: int) -> Node:
    at = At(AtKind.TIME, at_ms)
    if isinstance(node, Selector):
        return replace(node, at=node.at or at)
    if isinstance(node, MatrixSelector):
        return replace(node, selector=replace(node.selector, at=node.selector.at or at))
    if isinstance(node, Subquery):
        return replace(node, at=node.at or at)
    if isinstance(node, Call):
        return replace(node, args=tuple(_pinned(arg, at_ms) for arg in node.args))
    if isinstance(node, Aggregate):
        param = None if node.param is None else _pinned(node.param, at_ms)
        return replace(node, expr=_pinned(node.expr, at_ms), param=param)
    if isinstance(node, Binary):
        return replace(node, lhs=_pinned(node.lhs, at_ms), rhs=_pinned(node.rhs, at_ms))
    if isinstance(node, Paren | Unary):
        return replace(node, expr=_pinned(node.expr, at_ms))
    return node
