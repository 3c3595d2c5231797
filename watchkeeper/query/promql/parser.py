"""Tokens → tree, by precedence climbing. Types are checked afterwards, in `typecheck`."""

from __future__ import annotations

import math
from dataclasses import replace

from watchkeeper.query.promql.ast import (
    AGGREGATIONS,
    PARAM_AGGREGATIONS,
    SET_OPERATORS,
    Aggregate,
    At,
    AtKind,
    Binary,
    Call,
    Card,
    Matching,
    MatrixSelector,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
    ValueType,
)
from watchkeeper.query.promql.catalogue import FUNCTIONS
from watchkeeper.query.promql.cursor import Cursor
from watchkeeper.query.promql.errors import ParseError
from watchkeeper.query.promql.lexer import Kind, Token, tokenize
from watchkeeper.query.promql.literals import parse_duration_ms, parse_number, quote
from watchkeeper.query.promql.selector import parse_braces, selector_of
from watchkeeper.query.promql.typecheck import check

MAX_TEXT_BYTES = 64 * 1024
MAX_DEPTH = 80
MAX_NODES = 20_000

_PRECEDENCE = {
    "or": 1, "and": 2, "unless": 2,
    "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
    "</": 3, ">/": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6,
}  # fmt: skip
_UNARY_PRECEDENCE = 5
_NO_LABELS: tuple[str, ...] = ()
_WORD_OPERATORS = SET_OPERATORS | {"atan2"}
_LARGEST_TS_MS = 2**63 - 1
_NO_METRIC = frozenset({"on", "ignoring", "bool", "group_left", "group_right", "atan2"})


def parse(text: str, *, max_bytes: int = MAX_TEXT_BYTES, max_depth: int = MAX_DEPTH) -> Node:
    """The checked tree of a PromQL expression.

    Raises ParseError with line and column, and nothing else, for every other text; bounded in
    length (bytes of UTF-8), nesting and tokens.
    """
    if len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise _too_large(text, f"query is longer than {max_bytes} bytes")
    tokens = tokenize(text)
    if len(tokens) > MAX_NODES:
        raise _too_large(text, f"query has more than {MAX_NODES} tokens")
    cursor = Cursor(text, tokens, max_depth=max_depth)
    if cursor.at_end():
        raise cursor.error("no expression found in input", cursor.peek)
    tree = _expression(cursor, 1)
    if not cursor.at_end():
        raise cursor.unexpected()
    check(tree, text)
    return tree


def _too_large(text: str, message: str) -> ParseError:
    return ParseError(message, text=text, position=0)


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
    matching = _matching(cursor)
    right = _expression(cursor, precedence if op == "^" else precedence + 1)
    both = (left.type, right.type)
    scalar = both == (ValueType.SCALAR, ValueType.SCALAR)
    if op in SET_OPERATORS and matching.card is Card.ONE_TO_ONE:
        matching = replace(matching, card=Card.MANY_TO_MANY)
    return Binary(
        start=left.start,
        end=right.end,
        op=op,
        op_start=op_token.start,
        lhs=left,
        rhs=right,
        bool_modifier=bool_modifier,
        matching=matching,
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
    return Matching(card=card, labels=labels, on=word == "on", include=include, explicit=True)


def _label_list(cursor: Cursor) -> tuple[str, ...]:
    """`(a, b, "utf8.name",)`."""
    cursor.expect("(", "grouping opts")
    labels: list[str] = []
    while not cursor.at(")"):
        token = cursor.take()
        if token.kind is Kind.STRING:
            labels.append(cursor.string(token))
        elif _is_label(token):
            labels.append(token.text)
        else:
            raise cursor.unexpected(token, where="grouping opts", expected="label")
        if not cursor.at(")"):
            cursor.expect(",", "grouping opts", expected='"," or ")"')
    cursor.take()
    return tuple(labels)


def _is_label(token: Token) -> bool:
    """Any word is a label name here, `inf` and `nan` too."""
    if token.kind is Kind.IDENT:
        return ":" not in token.text
    return token.kind is Kind.NUMBER and token.text.isalpha()


def _unary(cursor: Cursor) -> Node:
    """Signs bind like `*`: `-1^2` is -(1^2), `-a * b` is (-a) * b."""
    signs: list[Token] = []
    while cursor.peek.kind is Kind.OP and cursor.peek.text in "+-":
        signs.append(cursor.take())
    if not signs:
        return _postfix(cursor, _primary(cursor))
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
    if token.kind in (Kind.NUMBER, Kind.DURATION):
        return _number(cursor)
    if token.kind is Kind.STRING:
        cursor.take()
        return Text(start=token.start, end=token.end, value=cursor.string(token))
    if token.kind is Kind.IDENT:
        return _named(cursor)
    if cursor.at("{"):
        return parse_braces(cursor, name=None)
    if cursor.at("("):
        cursor.take()
        inner = _expression(cursor, 1)
        closing = cursor.expect(")", "expression")
        return Paren(start=token.start, end=closing.end, expr=inner)
    raise cursor.unexpected()


def _number(cursor: Cursor) -> Number:
    token = cursor.take()
    try:
        if token.kind is Kind.DURATION:
            value, duration = parse_duration_ms(token.text) / 1000, True
        else:
            value, duration = parse_number(token.text), False
    except (ValueError, OverflowError) as problem:
        raise cursor.error(str(problem), token) from None
    return Number(start=token.start, end=token.end, value=value, duration=duration)


def _named(cursor: Cursor) -> Node:
    """An aggregation, a call or a metric."""
    token = cursor.take()
    word = token.text.lower()
    if word in AGGREGATIONS and (cursor.at("(") or cursor.peek.text.lower() in ("by", "without")):
        return _aggregate(cursor, token, word)
    if cursor.at("("):
        return _call(cursor, token)
    if word in _NO_METRIC:
        raise cursor.unexpected(token)
    if cursor.at("{"):
        return parse_braces(cursor, name=token)
    return selector_of(token.text, (), start=token.start, end=token.end)


def _call(cursor: Cursor, name: Token) -> Node:
    signature = FUNCTIONS.get(name.text)
    if signature is None:
        raise cursor.error(f"unknown function with name {quote(name.text)}", name)
    args, end = _arguments(cursor)
    return Call(start=name.start, end=end, func=name.text, args=args, returns=signature.returns)


def _arguments(cursor: Cursor) -> tuple[tuple[Node, ...], int]:
    """Expressions between parentheses, and where the closing one ends."""
    cursor.expect("(", "function call")
    args: list[Node] = []
    while not cursor.at(")"):
        args.append(_expression(cursor, 1))
        if cursor.at(","):
            comma = cursor.take()
            if cursor.at(")"):
                raise cursor.error("trailing commas not allowed in function call args", comma)
        elif not cursor.at(")"):
            raise cursor.unexpected()
    return tuple(args), cursor.take().end


def _aggregate(cursor: Cursor, name: Token, op: str) -> Node:
    clause = _grouping(cursor)
    args, end = _arguments(cursor)
    if clause is None:
        clause = _grouping(cursor)
        end = cursor.last.end if clause is not None else end
    wanted = 2 if op in PARAM_AGGREGATIONS else 1
    if not args:
        raise cursor.error("no arguments for aggregate expression provided", name)
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


def _postfix(cursor: Cursor, node: Node) -> Node:
    """Ranges, subqueries, `offset` and `@`, in any order that makes sense."""
    placed: set[str] = set()
    while True:
        if cursor.at("["):
            node = _brackets(cursor, node)
            placed = set()
        elif cursor.peek.kind is Kind.IDENT and cursor.peek.text.lower() == "offset":
            node = _offset(cursor, node, placed)
        elif cursor.at("@"):
            node = _at(cursor, node, placed)
        else:
            return node


def _brackets(cursor: Cursor, node: Node) -> Node:
    opening = cursor.take()
    range_ms = _duration(cursor, "duration must be greater than 0")
    if cursor.at(":"):
        cursor.take()
        step_ms = None
        if not cursor.at("]"):
            step_ms = _duration(cursor, "duration must be greater than 0")
        closing = cursor.expect("]", "subquery selector")
        with cursor.nested():
            return Subquery(
                start=node.start, end=closing.end, expr=node, range_ms=range_ms, step_ms=step_ms
            )
    closing = cursor.expect("]", "subquery or range", expected='":" or "]"')
    if not isinstance(node, Selector):
        raise cursor.error("ranges only allowed for vector selectors", opening)
    if node.offset_ms:
        raise cursor.error("no offset modifiers allowed before range", opening)
    if node.at is not None:
        raise cursor.error("no @ modifiers allowed before range", opening)
    return MatrixSelector(start=node.start, end=closing.end, selector=node, range_ms=range_ms)


def _duration(cursor: Cursor, not_positive: str | None) -> int:
    """A duration, or a number of seconds, in ms. With a text, it must be above zero."""
    token = cursor.take()
    try:
        if token.kind is Kind.DURATION:
            ms = parse_duration_ms(token.text)
        elif token.kind is Kind.NUMBER:
            ms = round(parse_number(token.text) * 1000)
        else:
            raise cursor.unexpected(token, where="range or offset", expected="number or duration")
    except (ValueError, OverflowError) as problem:
        message = "duration out of range" if token.kind is Kind.NUMBER else str(problem)
        raise cursor.error(message, token) from None
    if abs(ms) > _LARGEST_TS_MS // 1_000_000:
        raise cursor.error("duration out of range", token)
    if not_positive is not None and ms <= 0:
        raise cursor.error(not_positive, token)
    return ms


def _sign(cursor: Cursor) -> int:
    if cursor.peek.kind is Kind.OP and cursor.peek.text in "+-":
        return -1 if cursor.take().text == "-" else 1
    return 1


def _offset(cursor: Cursor, node: Node, placed: set[str]) -> Node:
    word = cursor.take()
    offset_ms = _sign(cursor) * _duration(cursor, None)
    if not isinstance(node, Selector | MatrixSelector | Subquery):
        raise cursor.error(
            "offset modifier must be preceded by an instant vector selector or range vector "
            "selector or a subquery",
            word,
        )
    if "offset" in placed:
        raise cursor.error("offset may not be set multiple times", word)
    placed.add("offset")
    end = cursor.last.end
    if isinstance(node, MatrixSelector):
        return replace(node, end=end, selector=replace(node.selector, offset_ms=offset_ms))
    return replace(node, end=end, offset_ms=offset_ms)


def _at(cursor: Cursor, node: Node, placed: set[str]) -> Node:
    sign = cursor.take()
    at = _at_target(cursor)
    if not isinstance(node, Selector | MatrixSelector | Subquery):
        raise cursor.error(
            "@ modifier must be preceded by an instant vector selector or range vector "
            "selector or a subquery",
            sign,
        )
    if "@" in placed:
        raise cursor.error("@ <timestamp> may not be set multiple times", sign)
    placed.add("@")
    end = cursor.last.end
    if isinstance(node, MatrixSelector):
        return replace(node, end=end, selector=replace(node.selector, at=at))
    return replace(node, end=end, at=at)


def _at_target(cursor: Cursor) -> At:
    word = cursor.take_word("start", "end")
    if word is not None:
        cursor.expect("(", "@")
        cursor.expect(")", "@")
        return At(AtKind(word))
    sign = _sign(cursor)
    token = cursor.peek
    if token.kind not in (Kind.NUMBER, Kind.DURATION):
        raise cursor.unexpected(token, where="@", expected="timestamp")
    seconds = sign * _number(cursor).value
    if not math.isfinite(seconds) or abs(seconds * 1000) >= _LARGEST_TS_MS:
        raise cursor.error(f"timestamp out of bounds for @ modifier: {seconds:f}", token)
    return At(AtKind.TIME, round(seconds * 1000))
