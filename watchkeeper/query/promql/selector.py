"""What stands in braces: label matchers and quoted metric names."""

from __future__ import annotations

from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql.ast import Matcher, MatchOp, Node, Selector
from watchkeeper.query.promql.cursor import Cursor
from watchkeeper.query.promql.lexer import Kind, Token
from watchkeeper.query.promql.literals import quote

_OPERATORS = {op.value: op for op in MatchOp}
_WHERE = "label matching"


def selector_of(name: str, matchers: tuple[Matcher, ...], *, start: int, end: int) -> Selector:
    """A selector whose metric name, if any, is one more matcher, at the end."""
    named = (Matcher(METRIC_NAME, MatchOp.EQUAL, name),) if name else ()
    return Selector(start=start, end=end, name=name, matchers=matchers + named)


def parse_braces(cursor: Cursor, *, name: Token | None) -> Node:
    """`{…}` behind a metric name or alone."""
    opening = cursor.take()
    metric = name.text if name is not None else ""
    matchers: list[Matcher] = []
    while not cursor.at("}"):
        token = cursor.take()
        label = _label(cursor, token)
        if token.kind is Kind.STRING and (cursor.at(",") or cursor.at("}")):
            if metric:
                raise cursor.error(
                    f"metric name must not be set twice: {quote(metric)} or {quote(label)}",
                    name or opening,
                )
            metric = label
        else:
            matchers.append(_matcher(cursor, label))
        if not cursor.at("}"):
            cursor.expect(",", _WHERE, expected='"," or "}"')
    closing = cursor.take()
    start = name.start if name is not None else opening.start
    return selector_of(metric, tuple(matchers), start=start, end=closing.end)


def _label(cursor: Cursor, token: Token) -> str:
    if token.kind is Kind.STRING:
        return cursor.string(token)
    if token.kind is Kind.IDENT:
        return token.text
    raise cursor.unexpected(token, where=_WHERE, expected='identifier or "}"')


def _matcher(cursor: Cursor, label: str) -> Matcher:
    token = cursor.take()
    op = _OPERATORS.get(token.text) if token.kind is Kind.OP else None
    if op is None:
        raise cursor.unexpected(token, where=_WHERE, expected="label matching operator")
    value = cursor.take()
    if value.kind is not Kind.STRING:
        raise cursor.unexpected(value, where=_WHERE, expected="string")
    return Matcher(label, op, cursor.string(value))
