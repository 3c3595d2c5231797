"""What stands in braces: label matchers and quoted metric names."""

from __future__ import annotations

from watchkeeper.lib.go_regex import BadRegex, compile_anchored
from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql.ast import Matcher, MatchOp, Node, Selector
from watchkeeper.query.promql.cursor import LABEL_MATCHING, Cursor
from watchkeeper.query.promql.lexer import Kind, Token

_OPERATORS = {op.value: op for op in MatchOp}


def selector_of(name: str, matchers: tuple[Matcher, ...], *, start: int, end: int) -> Selector:
    """A selector whose metric name, if any, is one more matcher, at the end."""
    named = (Matcher(METRIC_NAME, MatchOp.EQUAL, name),) if name else ()
    return Selector(start=start, end=end, name=name, matchers=matchers + named)


def parse_braces(cursor: Cursor, *, name: Token | None) -> Node:
    """`{…}` behind a metric name or alone. A quoted name inside is a matcher like others."""
    opening = cursor.take()
    matchers: list[Matcher] = []
    while not cursor.at("}"):
        matchers.append(_condition(cursor))
        if not cursor.at("}"):
            if not cursor.at(","):
                raise cursor.unexpected(where=LABEL_MATCHING, expected='"," or "}"')
            cursor.take()
    closing = cursor.take()
    metric, start = ("", opening.start) if name is None else (name.text, name.start)
    return selector_of(metric, tuple(matchers), start=start, end=closing.end)


def _condition(cursor: Cursor) -> Matcher:
    token = cursor.peek
    if token.kind not in (Kind.STRING, Kind.IDENT):
        raise cursor.unexpected(where=LABEL_MATCHING, expected='identifier or "}"')
    cursor.take()
    quoted = token.kind is Kind.STRING
    label = cursor.string(token) if quoted else token.text
    operator = cursor.peek
    op = _OPERATORS.get(operator.text) if operator.kind is Kind.OP else None
    if op is None and quoted:
        return Matcher(METRIC_NAME, MatchOp.EQUAL, label)
    if op is None:
        raise cursor.unexpected(where=LABEL_MATCHING, expected="label matching operator")
    cursor.take()
    return _checked(cursor, token, Matcher(label, op, _value(cursor)))


def _value(cursor: Cursor) -> str:
    if cursor.peek.kind is not Kind.STRING:
        raise cursor.unexpected(where=LABEL_MATCHING, expected="string")
    return cursor.string(cursor.take())


def _checked(cursor: Cursor, label: Token, matcher: Matcher) -> Matcher:
    """The matcher. Raises ParseError if it holds no regular expression where it should."""
    if matcher.op in (MatchOp.REGEX, MatchOp.NOT_REGEX):
        try:
            compile_anchored(matcher.value)
        except BadRegex as problem:
            raise cursor.error(str(problem), label) from None
    return matcher
