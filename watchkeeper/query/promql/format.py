"""Tree → text in its normal form: one line, or broken and indented when long."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql.ast import (
    Aggregate,
    At,
    AtKind,
    Binary,
    Call,
    Card,
    DurationExpr,
    Matcher,
    Matching,
    MatchOp,
    MatrixSelector,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
)
from watchkeeper.query.promql.literals import (
    format_duration,
    format_float,
    format_shortest,
    quote,
)

WIDTH = 100
_INDENT = "  "
_PLAIN_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def format_expr(node: Node) -> str:
    """The expression on one line, as Prometheus normalises it. Parses to an equal tree."""
    if isinstance(node, Binary):
        return _chain(node)
    return _FORMS[type(node)](node)


def _chain(node: Binary) -> str:
    """Left-leaning chains in a loop: their length costs no stack."""
    links = [node]
    while isinstance(lhs := links[-1].lhs, Binary):
        links.append(lhs)
    parts = [format_expr(links[-1].lhs)]
    for link in reversed(links):
        parts.append(f"{_operator(link)} {format_expr(link.rhs)}")
    return " ".join(parts)


def _operator(node: Binary) -> str:
    """The operator with `bool`, matching and grouping."""
    text = node.op + (" bool" if node.bool_modifier else "")
    matching = node.matching
    if matching is None:
        return text
    grouped = matching.card in (Card.MANY_TO_ONE, Card.ONE_TO_MANY)
    if matching.labels or matching.on or grouped:
        text += f" {'on' if matching.on else 'ignoring'} ({_names(matching.labels)})"
    if grouped:
        side = "left" if matching.card is Card.MANY_TO_ONE else "right"
        text += f" group_{side} ({_names(matching.include)})"
    return text + _fills(matching)


def _fills(matching: Matching) -> str:
    left, right = matching.fill_left, matching.fill_right
    if left is not None and left == right:
        return f" fill ({format_shortest(left)})"
    text = "" if left is None else f" fill_left ({format_shortest(left)})"
    return text if right is None else f"{text} fill_right ({format_shortest(right)})"


def _names(labels: tuple[str, ...]) -> str:
    return ", ".join(_name(label) for label in labels)


def _name(label: str) -> str:
    return label if _PLAIN_LABEL.fullmatch(label) else quote(label)


def _number(node: Node) -> str:
    number = cast(Number, node)
    if number.duration:
        return format_duration(round(number.value * 1000))
    return format_float(number.value)


def _duration_expr(node: Node) -> str:
    """Arithmetic of durations; a sign `+` is only a mark for parentheses and not printed."""
    expr = cast(DurationExpr, node)
    left = "" if expr.lhs is None else format_expr(expr.lhs)
    right = "" if expr.rhs is None else format_expr(expr.rhs)
    if expr.op in ("step", "range"):
        text = f"{expr.op}()"
    elif expr.op in ("max_of", "min_of"):
        text = f"{expr.op}({left}, {right})"
    elif expr.lhs is None:
        text = f"-{right}" if expr.op == "-" else right
    else:
        text = f"{left} {expr.op} {right}"
    return f"({text})" if expr.wrapped else text


def _duration(ms: int, expr: DurationExpr | None) -> str:
    return format_duration(ms) if expr is None else format_expr(expr)


def _selector(node: Node) -> str:
    selector = cast(Selector, node)
    at, offset = _at(selector.at), _offset(selector)
    return _bare_selector(selector) + at + _extended(selector) + offset


def _bare_selector(selector: Selector) -> str:
    """Name and matchers; matchers sorted as texts."""
    named = Matcher(METRIC_NAME, MatchOp.EQUAL, selector.name)
    rest = [m for m in selector.matchers if not selector.name or m != named]
    pairs = sorted(f"{_name(m.name)}{m.op.value}{quote(m.value)}" for m in rest)
    return selector.name + (f"{{{','.join(pairs)}}}" if pairs else "")


def _extended(selector: Selector) -> str:
    if selector.anchored:
        return " anchored"
    return " smoothed" if selector.smoothed else ""


def _matrix(node: Node) -> str:
    matrix = cast(MatrixSelector, node)
    selector = matrix.selector
    window = f"[{_duration(matrix.range_ms, matrix.range_expr)}]{_extended(selector)}"
    return _bare_selector(selector) + window + _at(selector.at) + _offset(selector)


def _at(at: At | None) -> str:
    if at is None:
        return ""
    return f" @ {at.ts_ms / 1000:.3f}" if at.kind is AtKind.TIME else f" @ {at.kind.value}()"


def _offset(node: Selector | Subquery) -> str:
    if node.offset_expr is None and not node.offset_ms:
        return ""
    return f" offset {_duration(node.offset_ms, node.offset_expr)}"


def _subquery(node: Node) -> str:
    subquery = cast(Subquery, node)
    return format_expr(subquery.expr) + _subquery_suffix(subquery)


def _subquery_suffix(node: Subquery) -> str:
    step = ""
    if node.step_ms is not None:
        step = _duration(node.step_ms, node.step_expr)
    window = f"[{_duration(node.range_ms, node.range_expr)}:{step}]"
    return window + _at(node.at) + _offset(node)


def _call(node: Node) -> str:
    call = cast(Call, node)
    return f"{call.func}({', '.join(format_expr(arg) for arg in call.args)})"


def _aggregate(node: Node) -> str:
    aggregate = cast(Aggregate, node)
    param = "" if aggregate.param is None else format_expr(aggregate.param) + ", "
    return f"{_aggregate_head(aggregate)}({param}{format_expr(aggregate.expr)})"


def _aggregate_head(node: Aggregate) -> str:
    if node.without:
        return f"{node.op} without ({_names(node.grouping)}) "
    if node.grouping:
        return f"{node.op} by ({_names(node.grouping)}) "
    return node.op


_FORMS: dict[type[Node], Callable[[Node], str]] = {
    Aggregate: _aggregate,
    Call: _call,
    DurationExpr: _duration_expr,
    MatrixSelector: _matrix,
    Number: _number,
    Paren: lambda node: f"({format_expr(cast(Paren, node).expr)})",
    Selector: _selector,
    Subquery: _subquery,
    Text: lambda node: quote(cast(Text, node).value),
    Unary: lambda node: cast(Unary, node).op + format_expr(cast(Unary, node).expr),
}


def prettify(node: Node) -> str:
    """The expression broken over lines wherever a part is longer than WIDTH."""
    return _pretty(node, 0)


def _pretty(node: Node, level: int) -> str:
    """The node at an indentation level; a part that fits stays on its line."""
    pad = _INDENT * level
    line = format_expr(node)
    if len(line) <= WIDTH:
        return pad + line
    if isinstance(node, Binary):
        return _pretty_chain(node, level)
    if isinstance(node, Paren):
        return f"{pad}(\n{_pretty(node.expr, level + 1)}\n{pad})"
    if isinstance(node, Call | Aggregate):
        args = node.children()
        head = node.func if isinstance(node, Call) else _aggregate_head(node)
        body = ",\n".join(_pretty(arg, level + 1) for arg in args)
        return f"{pad}{head}(\n{body}\n{pad})"
    if isinstance(node, Subquery):
        return _pretty(node.expr, level) + _subquery_suffix(node)
    if isinstance(node, Unary):
        return f"{pad}{node.op}{_pretty(node.expr, level).lstrip()}"
    return pad + line


def _pretty_chain(node: Binary, level: int) -> str:
    """Operands one level in, operators at the start of a line between them.

    What fits on a line at the left end of the chain stays on it.
    """
    links = [node]
    while isinstance(lhs := links[-1].lhs, Binary):
        links.append(lhs)
    line, fits = format_expr(links[-1].lhs), len(links)
    for place, link in reversed(list(enumerate(links))):
        line = f"{line} {_operator(link)} {format_expr(link.rhs)}"
        if len(line) > WIDTH:
            break
        fits = place
    split = links[:fits]
    lines = [_pretty(split[-1].lhs, level + len(split))]
    for place, link in enumerate(reversed(split)):
        inner = level + len(split) - 1 - place
        lines.append(_INDENT * inner + _operator(link))
        lines.append(_pretty(link.rhs, inner + 1))
    return "\n".join(lines)
