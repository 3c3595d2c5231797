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
    Matcher,
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
from watchkeeper.query.promql.literals import format_duration, format_shortest, quote

WIDTH = 100
_INDENT = "  "
_PLAIN_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_PLAIN_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


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
    if matching is None or not matching.explicit:
        return text
    text += f" {'on' if matching.on else 'ignoring'} ({_names(matching.labels)})"
    if matching.card in (Card.MANY_TO_ONE, Card.ONE_TO_MANY):
        side = "left" if matching.card is Card.MANY_TO_ONE else "right"
        text += f" group_{side} ({_names(matching.include)})"
    return text


def _names(labels: tuple[str, ...]) -> str:
    return ", ".join(_name(label) for label in labels)


def _name(label: str) -> str:
    return label if _PLAIN_LABEL.fullmatch(label) else quote(label)


def _number(node: Node) -> str:
    number = cast(Number, node)
    if number.duration:
        return format_duration(round(number.value * 1000))
    return format_shortest(number.value)


def _selector(node: Node) -> str:
    selector = cast(Selector, node)
    return _bare_selector(selector) + _modifiers(selector.at, selector.offset_ms)


def _bare_selector(selector: Selector) -> str:
    rest = list(selector.matchers)
    if selector.name:
        rest.remove(Matcher(METRIC_NAME, MatchOp.EQUAL, selector.name))
    pairs = [f"{_name(m.name)}{m.op.value}{quote(m.value)}" for m in rest]
    if selector.name and not _PLAIN_METRIC.fullmatch(selector.name):
        return "{" + ",".join([quote(selector.name), *pairs]) + "}"
    if not pairs and selector.name:
        return selector.name
    return f"{selector.name}{{{','.join(pairs)}}}"


def _matrix(node: Node) -> str:
    matrix = cast(MatrixSelector, node)
    selector = matrix.selector
    suffix = _modifiers(selector.at, selector.offset_ms)
    return f"{_bare_selector(selector)}[{format_duration(matrix.range_ms)}]{suffix}"


def _modifiers(at: At | None, offset_ms: int) -> str:
    text = ""
    if at is not None:
        where = f"{at.ts_ms / 1000:.3f}" if at.kind is AtKind.TIME else f"{at.kind.value}()"
        text += f" @ {where}"
    if offset_ms:
        text += f" offset {format_duration(offset_ms)}"
    return text


def _subquery(node: Node) -> str:
    subquery = cast(Subquery, node)
    return format_expr(subquery.expr) + _subquery_suffix(subquery)


def _subquery_suffix(node: Subquery) -> str:
    step = "" if node.step_ms is None else format_duration(node.step_ms)
    window = f"[{format_duration(node.range_ms)}:{step}]"
    return window + _modifiers(node.at, node.offset_ms)


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
    """Operands one level in, operators at the start of a line between them."""
    links = [node]
    while isinstance(lhs := links[-1].lhs, Binary):
        links.append(lhs)
    depth = len(links)
    lines = [_pretty(links[-1].lhs, level + depth)]
    for place, link in enumerate(reversed(links)):
        inner = level + depth - 1 - place
        lines.append(_INDENT * inner + _operator(link))
        lines.append(_pretty(link.rhs, inner + 1))
    return "\n".join(lines)
