"""Tokens → tree, by precedence climbing. Types are checked afterwards, in `typecheck`."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.query.promql.ast import (
    AGGREGATIONS,
    EXPERIMENTAL_AGGREGATIONS,
    PARAM_AGGREGATIONS,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Card,
    Matching,
    Node,
    Number,
    Paren,
    Selector,
    Text,
    Unary,
    ValueType,
)
from watchkeeper.query.promql.catalogue import FUNCTIONS
from watchkeeper.query.promql.cursor import NOT_CALLABLE, Cursor
from watchkeeper.query.promql.durations import at_number, parse_number_or_duration
from watchkeeper.query.promql.errors import ParseError
from watchkeeper.query.promql.lexer import Kind, Token, is_fill, tokenize
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.modifiers import postfixed
from watchkeeper.query.promql.selector import parse_braces, selector_of
from watchkeeper.query.promql.strings import is_label_name
from watchkeeper.query.promql.typecheck import check

MAX_TEXT_BYTES = 64 * 1024
MAX_DEPTH = 80
MAX_NODES = 20_000

_PRECEDENCE = {
    "or": 1, "and": 2, "unless": 2,
    "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
    "</": 3, ">/": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6,
}  # fmt: skip
_UNARY_PRECEDENCE = 5
_NO_LABELS: tuple[str, ...] = ()
_WORD_OPERATORS = SET_OPERATORS | {"atan2"}
_GROUPING = "grouping opts"
_NO_METRIC = frozenset({"on", "ignoring", "bool", "group_left", "group_right", "atan2"})


def parse(
    text: str,
    *,
    max_bytes: int = MAX_TEXT_BYTES,
    max_depth: int = MAX_DEPTH,
    experimental: bool = True,
) -> Node:
    """The checked tree of a PromQL expression.

    Raises ParseError with line and column, and nothing else, for every other text; bounded in
    length (bytes of UTF-8), nesting and tokens. experimental: take what Prometheus calls so.
    """
    if len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise ParseError(f"query is longer than {max_bytes} bytes", text=text, position=0)
    tokens = tokenize(text, most=MAX_NODES)
    cursor = Cursor(text, tokens, max_depth=max_depth, experimental=experimental)
    if cursor.at_end():
        raise ParseError("no expression found in input", text=text, position=0)
    tree = _expression(cursor, 1)
    if not cursor.at_end():
        raise cursor.unexpected()
    check(tree, text)
    return tree


def parse_series(text: str) -> Selector:
    """One selector without modifiers and checks: how test files describe a series."""
    cursor = Cursor(text, tokenize(text, most=MAX_NODES), max_depth=MAX_DEPTH)
    node = _primary(cursor)
    if not isinstance(node, Selector) or not cursor.at_end():
        raise cursor.unexpected()
    return node


def _operator(token: Token) -> str:
    """The binary operator that a token is, or ""."""
    if token.kind is Kind.OP:
        return token.text if token.text in _PRECEDENCE else ""
    word = token.text.lower()
    return word if token.kind is Kind.IDENT and word in _WORD_OPERATORS else ""


def _expression(cursor: Cursor, weakest: int) -> Node:
    """An expression of operators that bind at least as tightly as `weakest`."""
    with cursor.nested():
        left = _unary(cursor)
        while True:
            op = _operator(cursor.peek)
            precedence = _PRECEDENCE.get(op, 0)
            if precedence < max(weakest, 1):
                return left
            left = _binary(cursor, left, op, precedence)


def _binary(cursor: Cursor, left: Node, op: str, precedence: int) -> Node:
    op_token = cursor.take()
    bool_modifier = cursor.take_word("bool") is not None
    matching = _fills(cursor, _matching(cursor))
    right = _expression(cursor, precedence if op == "^" else precedence + 1)
    if matching.fills and not cursor.experimental:
        raise cursor.error("binop fill modifiers are experimental and not enabled", left)
    both = (left.type, right.type)
    vectors = both == (ValueType.VECTOR, ValueType.VECTOR)
    if op in SET_OPERATORS and matching.card is Card.ONE_TO_ONE:
        matching = replace(matching, card=Card.MANY_TO_MANY)
    means_something = vectors or matching.labels or matching.fills
    scalar = both == (ValueType.SCALAR, ValueType.SCALAR)
    return Binary(
        start=left.start,
        end=right.end,
        op=op,
        op_start=op_token.start,
        lhs=left,
        rhs=right,
        bool_modifier=bool_modifier,
        matching=matching if means_something else None,
        result=ValueType.SCALAR if scalar else ValueType.VECTOR,
    )


def _matching(cursor: Cursor) -> Matching:
    word = cursor.take_word("on", "ignoring")
    if word is None:
        return Matching()
    labels = _label_list(cursor)
    group = cursor.take_word("group_left", "group_right")
    card, include = Card.ONE_TO_ONE, _NO_LABELS
    if group is not None:
        card = Card.MANY_TO_ONE if group == "group_left" else Card.ONE_TO_MANY
        include = _label_list(cursor) if cursor.at("(") else ()
    return Matching(card=card, labels=labels, on=word == "on", include=include)


def _fills(cursor: Cursor, matching: Matching) -> Matching:
    """`fill(v)`, or `fill_left(v)` and `fill_right(v)` in either order."""
    word = cursor.take_fill("fill", "fill_left", "fill_right")
    if word is None:
        return matching
    value = _fill_value(cursor)
    if word == "fill":
        return replace(matching, fill_left=value, fill_right=value)
    sides = ("fill_left", "fill_right") if word == "fill_left" else ("fill_right", "fill_left")
    values = {sides[0]: value}
    if cursor.take_fill(sides[1]):
        values[sides[1]] = _fill_value(cursor)
    return replace(matching, fill_left=values.get("fill_left"), fill_right=values.get("fill_right"))


def _fill_value(cursor: Cursor) -> float:
    cursor.expect("(")
    sign = -1.0 if cursor.at("-") else 1.0
    if cursor.at("+", "-"):
        cursor.take()
    if not at_number(cursor):
        raise cursor.unexpected()
    value = parse_number_or_duration(cursor).value
    cursor.expect(")")
    return sign * value


def _label_list(cursor: Cursor) -> tuple[str, ...]:
    """`(a, b, "utf8.name",)`."""
    if not cursor.at("("):
        raise cursor.unexpected(where=_GROUPING, expected='"("')
    cursor.take()
    labels: list[str] = []
    while not cursor.at(")"):
        labels.append(_label(cursor))
        if not cursor.at(")"):
            if not cursor.at(","):
                raise cursor.unexpected(where=_GROUPING, expected='"," or ")"')
            cursor.take()
    cursor.take()
    return tuple(labels)


def _label(cursor: Cursor) -> str:
    token = cursor.peek
    if token.kind is Kind.STRING:
        name = cursor.string(token)
        if not is_label_name(name):
            raise cursor.error(f"invalid label name for grouping: {quote(name)}", token)
    elif token.kind is Kind.METRIC or cursor.word() not in ("", "without"):
        name = token.text
    else:
        raise cursor.unexpected(where=_GROUPING, expected="label")
    cursor.take()
    return name


def _unary(cursor: Cursor) -> Node:
    """Signs bind like `*`: `-1^2` is -(1^2), `-a * b` is (-a) * b."""
    signs: list[Token] = []
    while cursor.peek.kind is Kind.OP and cursor.peek.text in "+-":
        signs.append(cursor.take())
    if not signs:
        return postfixed(cursor, _primary(cursor))
    if len(signs) > cursor.max_depth:
        raise cursor.error("expression is nested too deeply", signs[-1])
    operand = _expression(cursor, _UNARY_PRECEDENCE + 1)
    for sign in reversed(signs):
        operand = _signed(sign, operand)
    return operand


def _signed(sign: Token, operand: Node) -> Node:
    """A sign before a number literal belongs to it."""
    if isinstance(operand, Number):
        value = -operand.value if sign.text == "-" else operand.value
        return replace(operand, start=sign.start, value=value)
    return Unary(start=sign.start, end=operand.end, op=sign.text, expr=operand)


def _primary(cursor: Cursor) -> Node:
    token = cursor.peek
    if at_number(cursor):
        return parse_number_or_duration(cursor)
    if token.kind is Kind.STRING:
        cursor.take()
        return Text(start=token.start, end=token.end, value=cursor.string(token))
    if token.kind in (Kind.IDENT, Kind.METRIC):
        return _named(cursor)
    if cursor.at("{"):
        return parse_braces(cursor, name=None)
    if cursor.at("("):
        cursor.take()
        inner = _expression(cursor, 1)
        closing = cursor.expect(")")
        return Paren(start=token.start, end=closing.end, expr=inner)
    raise cursor.unexpected()


def _named(cursor: Cursor) -> Node:
    """An aggregation, a call or a metric."""
    token, word = cursor.peek, cursor.word()
    if word in _NO_METRIC:
        raise cursor.unexpected()
    fills = is_fill(token, cursor.text)
    cursor.take()
    if word in AGGREGATIONS and (cursor.at("(") or cursor.word() in ("by", "without")):
        return _aggregate(cursor, token, word)
    if cursor.at("(") and word and word not in NOT_CALLABLE and not fills:
        return _call(cursor, token)
    if cursor.at("{"):
        return parse_braces(cursor, name=token)
    return selector_of(token.text, (), start=token.start, end=token.end)


def _call(cursor: Cursor, name: Token) -> Node:
    args, end = _arguments(cursor)
    signature = FUNCTIONS.get(name.text)
    if signature is None:
        raise cursor.error(f"unknown function with name {quote(name.text)}", name)
    if signature.experimental and not cursor.experimental:
        raise cursor.error(f"function {quote(name.text)} is not enabled", name)
    return Call(start=name.start, end=end, func=name.text, args=args, returns=signature.returns)


def _arguments(cursor: Cursor) -> tuple[tuple[Node, ...], int]:
    """Expressions between parentheses, and where the closing one ends."""
    cursor.expect("(")
    args: list[Node] = []
    while not cursor.at(")"):
        args.append(_expression(cursor, 1))
        if cursor.at(","):
            comma = cursor.take()
            if not _begins_expression(cursor):
                raise cursor.error("trailing commas not allowed in function call args", comma)
        elif not cursor.at(")"):
            raise cursor.unexpected()
    return tuple(args), cursor.take().end


def _begins_expression(cursor: Cursor) -> bool:
    if cursor.peek.kind is Kind.OP:
        return cursor.at("(", "{", "+", "-")
    return not cursor.at_end() and cursor.word() not in _NO_METRIC


def _aggregate(cursor: Cursor, name: Token, op: str) -> Node:
    with cursor.reading("aggregation"):
        clause = _grouping(cursor)
        args, end = _arguments(cursor)
    if clause is None:
        clause = _grouping(cursor)
        end = cursor.last.end if clause is not None else end
    wanted = 2 if op in PARAM_AGGREGATIONS else 1
    if not args:
        raise cursor.error("no arguments for aggregate expression provided", name)
    if op in EXPERIMENTAL_AGGREGATIONS and not cursor.experimental:
        raise cursor.error(f"{op}() is experimental and must be enabled", name)
    if len(args) != wanted:
        raise cursor.error(
            "wrong number of arguments for aggregate expression provided, "
            f"expected {wanted}, got {len(args)}",
            name,
        )
    without, grouping = clause or (False, ())
    return Aggregate(
        start=name.start,
        end=end,
        op=op,
        expr=args[-1],
        param=args[0] if wanted == 2 else None,
        grouping=grouping,
        without=without,
        grouped=clause is not None,
    )


def _grouping(cursor: Cursor) -> tuple[bool, tuple[str, ...]] | None:
    word = cursor.take_word("by", "without")
    return None if word is None else (word == "without", _label_list(cursor))
