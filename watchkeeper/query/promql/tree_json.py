"""A parsed query as JSON, in the shape that Prometheus's own query page reads."""

from __future__ import annotations

from watchkeeper.query.promql import ast
from watchkeeper.query.promql.ast import Expr, Matcher
from watchkeeper.query.promql.literals import format_sample


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
        return {
            "type": "call",
            "func": {"name": node.func, "returnType": _SHORT[node.type]},
            "args": [describe(arg) for arg in node.args],
        }
    if isinstance(node, ast.Subquery):
        step_ms = node.step_ms or 0
        own = {
            "type": "subquery",
            "expr": describe(node.expr),
            "range": node.range_ms,
            "step": step_ms,
        }
        return own | _modifiers(node.offset_ms, node.at)
    return _leaf(node)


def _leaf(node: Expr) -> dict[str, object]:
    if isinstance(node, ast.Selector):
        return {"type": "vectorSelector"} | _selector(node)
    if isinstance(node, ast.MatrixSelector):
        own: dict[str, object] = {"type": "matrixSelector", "range": node.range_ms}
        return own | _selector(node.selector)
    if isinstance(node, ast.Number):
        return {"type": "numberLiteral", "val": format_sample(node.value)}
    if isinstance(node, ast.Text):
        return {"type": "stringLiteral", "val": node.value}
    if isinstance(node, ast.Unary):
        return {"type": "unaryExpr", "op": node.op, "expr": describe(node.expr)}
    if isinstance(node, ast.Paren):
        return {"type": "parenExpr", "expr": describe(node.expr)}
    raise TypeError(f"no JSON form for {type(node).__name__}")


_SHORT = {
    ast.ValueType.SCALAR: "scalar",
    ast.ValueType.VECTOR: "vector",
    ast.ValueType.MATRIX: "matrix",
    ast.ValueType.STRING: "string",
}


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
    vectors = {node.lhs.type, node.rhs.type} == {ast.ValueType.VECTOR}
    if node.matching is None or not vectors:
        return None
    return {
        "card": node.matching.card.value,
        "labels": list(node.matching.labels),
        "on": node.matching.on,
        "include": list(node.matching.include),
    }


def _selector(node: ast.Selector) -> dict[str, object]:
    own: dict[str, object] = {
        "name": node.name,
        "matchers": [_matcher(matcher) for matcher in node.matchers],
    }
    return own | _modifiers(node.offset_ms, node.at)


def _matcher(matcher: Matcher) -> dict[str, str]:
    return {"name": matcher.name, "value": matcher.value, "type": matcher.op.value}


def _modifiers(offset_ms: int, at: ast.At | None) -> dict[str, object]:
    pinned = at is not None and at.kind is ast.AtKind.TIME
    return {
        "offset": offset_ms,
        "timestamp": at.ts_ms if at is not None and pinned else None,
        "startOrEnd": at.kind.value if at is not None and not pinned else None,
    }
