"""A parsed query as JSON, in the shape that Prometheus's own query page reads."""

from __future__ import annotations

from watchkeeper.query.promql import ast
from watchkeeper.query.promql.ast import Expr, Matcher
from watchkeeper.query.promql.catalogue import FUNCTIONS
from watchkeeper.query.promql.literals import format_float
from watchkeeper.query.promql.typecheck import SHORT_TYPES


def describe(node: Expr) -> dict[str, object]:
    """The node and all below it."""
    if isinstance(node, ast.Binary):
        return _binary(node)
    if isinstance(node, ast.Aggregate):
        return {
            "type": "aggregation",
            "op": node.op,
            "expr": describe(node.expr),
            "param": None if node.param is None else describe(node.param),
            "grouping": list(node.grouping),
            "without": node.without,
        }
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Subquery):
        own: dict[str, object] = {
            "type": "subquery",
            "expr": describe(node.expr),
            "range": node.range_ms,
            "rangeExpr": _duration(node.range_expr),
            "step": node.step_ms or 0,
            "stepExpr": _duration(node.step_expr),
        }
        return own | _modifiers(node)
    return _leaf(node)


def _call(node: ast.Call) -> dict[str, object]:
    signature = FUNCTIONS[node.func]
    return {
        "type": "call",
        "func": {
            "name": node.func,
            "argTypes": [SHORT_TYPES[wanted] for wanted in signature.args],
            "variadic": signature.variadic,
            "returnType": SHORT_TYPES[node.type],
        },
        "args": [describe(arg) for arg in node.args],
    }


def _leaf(node: Expr) -> dict[str, object]:
    if isinstance(node, ast.Selector):
        return {"type": "vectorSelector"} | _selector(node)
    if isinstance(node, ast.MatrixSelector):
        own: dict[str, object] = {
            "type": "matrixSelector",
            "range": node.range_ms,
            "rangeExpr": _duration(node.range_expr),
        }
        return own | _selector(node.selector)
    if isinstance(node, ast.Number):
        return {"type": "numberLiteral", "val": format_float(node.value)}
    if isinstance(node, ast.Text):
        return {"type": "stringLiteral", "val": node.value}
    if isinstance(node, ast.Unary):
        return {"type": "unaryExpr", "op": node.op, "expr": describe(node.expr)}
    if isinstance(node, ast.Paren):
        return {"type": "parenExpr", "expr": describe(node.expr)}
    raise TypeError(f"no JSON form for {type(node).__name__}")


def _binary(node: ast.Binary) -> dict[str, object]:
    """Left-leaning chains in a loop: their length costs no stack."""
    links = [node]
    while isinstance(lhs := links[-1].lhs, ast.Binary):
        links.append(lhs)
    left = describe(links[-1].lhs)
    for link in reversed(links):
        left = {
            "type": "binaryExpr",
            "op": link.op,
            "lhs": left,
            "rhs": describe(link.rhs),
            "matching": _matching(link),
            "bool": link.bool_modifier,
        }
    return left


def _matching(node: ast.Binary) -> dict[str, object] | None:
    if node.matching is None:
        return None
    return {
        "card": node.matching.card.value,
        "labels": list(node.matching.labels),
        "on": node.matching.on,
        "include": list(node.matching.include),
        "fillValues": {"lhs": node.matching.fill_left, "rhs": node.matching.fill_right},
    }


def _selector(node: ast.Selector) -> dict[str, object]:
    own: dict[str, object] = {
        "name": node.name,
        "matchers": [_matcher(matcher) for matcher in node.matchers],
        "anchored": node.anchored,
        "smoothed": node.smoothed,
    }
    return own | _modifiers(node)


def _matcher(matcher: Matcher) -> dict[str, str]:
    return {"name": matcher.name, "value": matcher.value, "type": matcher.op.value}


def _modifiers(node: ast.Selector | ast.Subquery) -> dict[str, object]:
    at = node.at
    pinned = at is not None and at.kind is ast.AtKind.TIME
    return {
        "offset": node.offset_ms,
        "offsetExpr": _duration(node.offset_expr),
        "timestamp": at.ts_ms if at is not None and pinned else None,
        "startOrEnd": at.kind.value if at is not None and not pinned else None,
    }


def _duration(expr: ast.Duration | None) -> dict[str, object] | None:
    """Arithmetic of durations; its numbers say whether they were written as durations."""
    if expr is None:
        return None
    if isinstance(expr, ast.Number):
        val = format_float(expr.value)
        return {"type": "numberLiteral", "val": val, "duration": expr.duration}
    return {
        "type": "durationExpr",
        "op": expr.op,
        "lhs": _duration(expr.lhs),
        "rhs": _duration(expr.rhs),
        "wrapped": expr.wrapped,
    }
