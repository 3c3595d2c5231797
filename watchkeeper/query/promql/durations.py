"""Durations in a query: numbers of seconds, or arithmetic of them, read and computed."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace

from watchkeeper.query.promql.ast import (
    Duration,
    DurationExpr,
    MatrixSelector,
    Node,
    Number,
    Selector,
    Subquery,
    post_order,
    rebuilt,
)
from watchkeeper.query.promql.cursor import Cursor
from watchkeeper.query.promql.errors import BadQuery
from watchkeeper.query.promql.lexer import Kind, Token
from watchkeeper.query.promql.literals import parse_duration_ms, parse_number

_LONGEST_S = 2**63 / 1e9
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3}
_SIGN_PRECEDENCE = 2
_NULLARY = frozenset({"step", "range"})
_CHOICES = frozenset({"max_of", "min_of"})


def parse_number_or_duration(cursor: Cursor) -> Number:
    """A number, or a duration in seconds, without a sign."""
    token = cursor.take()
    try:
        if token.kind is Kind.DURATION:
            value, duration = parse_duration_ms(token.text) / 1000, True
        else:
            value, duration = parse_number(token.text), False
    except (ValueError, OverflowError) as problem:
        raise cursor.error(str(problem), token) from None
    return Number(start=token.start, end=token.end, value=value, duration=duration)


def at_number(cursor: Cursor) -> bool:
    """True if a number or duration comes next."""
    return cursor.peek.kind in (Kind.NUMBER, Kind.DURATION)


def parse_range(cursor: Cursor) -> Duration:
    """What stands in brackets: any arithmetic; a plain number must be above zero."""
    duration = _arithmetic(cursor, 1)
    if isinstance(duration, Number) and not duration.value > 0:
        raise cursor.error("duration must be greater than 0", duration)
    return duration


def parse_offset(cursor: Cursor) -> Duration:
    """What follows `offset`. Arithmetic needs parentheses: `a offset 5m * 2` is (a offset 5m) * 2.

    What begins with a parenthesis goes on as far as it can, as in Prometheus.
    """
    if cursor.at("("):
        return _arithmetic(cursor, 1)
    if not cursor.at("+", "-"):
        return _operand(cursor)
    sign = cursor.take()
    if cursor.at("+", "-"):
        return _more(cursor, _signed(cursor, sign, _with_signs(cursor)), 1)
    return _signed(cursor, sign, _operand(cursor))


def _arithmetic(cursor: Cursor, weakest: int) -> Duration:
    """An expression of operators that bind at least as tightly as `weakest`."""
    with cursor.nested():
        return _more(cursor, _with_signs(cursor), weakest)


def _more(cursor: Cursor, left: Duration, weakest: int) -> Duration:
    """`left` with the operators that follow it."""
    while cursor.at(*_PRECEDENCE):
        precedence = _PRECEDENCE[cursor.peek.text]
        if precedence < weakest:
            break
        left = _operation(cursor, left, precedence)
    return left


def _operation(cursor: Cursor, left: Duration, precedence: int) -> Duration:
    op = cursor.take()
    right = _arithmetic(cursor, precedence if op.text == "^" else precedence + 1)
    _require_enabled(cursor, left)
    if op.text in "/%" and isinstance(right, Number) and right.value == 0:
        raise cursor.error("division by zero" if op.text == "/" else "modulo by zero", op)
    return DurationExpr(start=left.start, end=right.end, op=op.text, lhs=left, rhs=right)


def _with_signs(cursor: Cursor) -> Duration:
    signs: list[Token] = []
    while cursor.at("+", "-"):
        signs.append(cursor.take())
    if not signs:
        return _operand(cursor)
    if len(signs) > cursor.max_depth:
        raise cursor.error("expression is nested too deeply", signs[-1])
    operand = _arithmetic(cursor, _SIGN_PRECEDENCE + 1)
    for sign in reversed(signs):
        operand = _signed(cursor, sign, operand)
    return operand


def _signed(cursor: Cursor, sign: Token, operand: Duration) -> Duration:
    """A sign before a number belongs to it; `+` before anything else means nothing."""
    if isinstance(operand, Number):
        value = -operand.value if sign.text == "-" else operand.value
        return replace(operand, start=sign.start, value=value)
    if sign.text == "+":
        return operand
    _require_enabled(cursor, operand)
    return DurationExpr(start=sign.start, end=operand.end, op="-", rhs=operand)


def _operand(cursor: Cursor) -> Duration:
    if at_number(cursor):
        number = parse_number_or_duration(cursor)
        if not abs(number.value) <= _LONGEST_S:  # NaN is none either
            raise cursor.error("duration out of range", number)
        return number
    if cursor.at("("):
        return _parenthesised(cursor)
    name = cursor.peek
    word = cursor.take_word(*_NULLARY, *_CHOICES)
    if word is None:
        raise cursor.unexpected()
    cursor.expect("(")
    left = right = None
    if word in _CHOICES:
        left = _arithmetic(cursor, 1)
        cursor.expect(",")
        right = _arithmetic(cursor, 1)
    closing = cursor.expect(")")
    _require_enabled(cursor, name)
    return DurationExpr(start=name.start, end=closing.end, op=word, lhs=left, rhs=right)


def _parenthesised(cursor: Cursor) -> Duration:
    """Parentheses stay visible: a number in them becomes an expression."""
    opening = cursor.take()
    inner = _arithmetic(cursor, 1)
    closing = cursor.expect(")")
    _require_enabled(cursor, inner)
    if isinstance(inner, DurationExpr):
        return replace(inner, wrapped=True)
    return DurationExpr(start=opening.start, end=closing.end, op="+", rhs=inner, wrapped=True)


def _require_enabled(cursor: Cursor, at: Token | Node) -> None:
    if not cursor.experimental:
        raise cursor.error("experimental duration expression is not enabled", at)


def seconds_to_ms(seconds: float) -> int:
    """Whole milliseconds, halves away from zero, as literals are rounded."""
    return math.floor(abs(seconds) * 1000 + 0.5) * (-1 if seconds < 0 else 1)


def resolve_durations(root: Node, *, step_ms: int, range_ms: int) -> Node:
    """The tree with all arithmetic of durations computed, for a query of this step and range.

    Raises BadQuery where a result is no duration.
    """
    if not any(_has_durations(node) for node in post_order(root)):
        return root
    known = {"step": step_ms / 1000, "range": range_ms / 1000}

    def change(node: Node) -> Node:
        if isinstance(node, Selector | Subquery) and node.offset_expr is not None:
            offset_ms = _computed_ms(node.offset_expr, known, signed=True)
            node = replace(node, offset_ms=offset_ms, offset_expr=None)
        if isinstance(node, MatrixSelector | Subquery) and node.range_expr is not None:
            range_ms = _computed_ms(node.range_expr, known, signed=False)
            node = replace(node, range_ms=range_ms, range_expr=None)
        if isinstance(node, Subquery) and node.step_expr is not None:
            step_ms = _computed_ms(node.step_expr, known, signed=False)
            node = replace(node, step_ms=step_ms, step_expr=None)
        return node

    return rebuilt(root, change)


def _has_durations(node: Node) -> bool:
    if isinstance(node, Selector):
        return node.offset_expr is not None
    if isinstance(node, MatrixSelector):
        return node.range_expr is not None
    if isinstance(node, Subquery):
        return not (node.range_expr is node.step_expr is node.offset_expr is None)
    return False


def _computed_ms(expr: DurationExpr, known: dict[str, float], *, signed: bool) -> int:
    """The value in ms, cut off towards zero."""
    seconds = _computed(expr, known)
    place = f"{expr.start}:{expr.end}"
    if not math.isfinite(seconds):
        raise BadQuery(f"{place}: duration is NaN or infinite", parameter="query")
    if seconds <= 0 and not signed:
        raise BadQuery(f"{place}: duration must be greater than 0", parameter="query")
    if abs(seconds) > _LONGEST_S:
        raise BadQuery(f"{place}: duration is out of range", parameter="query")
    ms = int(seconds * 1000)
    if ms == 0 and not signed:
        raise BadQuery(f"{place}: duration must be greater than 0", parameter="query")
    return ms


def _computed(expr: Duration, known: dict[str, float]) -> float:
    """The value in seconds; arithmetic is that of floats. Recursion is as deep as the text."""
    if isinstance(expr, Number):
        return expr.value
    if expr.op in _NULLARY:
        return known[expr.op]
    right = 0.0 if expr.rhs is None else _computed(expr.rhs, known)
    if expr.lhs is None:
        return -right if expr.op == "-" else right
    left = _computed(expr.lhs, known)
    if expr.op in "/%" and right == 0:
        what = "division" if expr.op == "/" else "modulo"
        raise BadQuery(f"{expr.start}:{expr.end}: {what} by zero", parameter="query")
    return _apply(expr.op, left, right)


def _apply(op: str, left: float, right: float) -> float:
    try:
        return _OPERATIONS[op](left, right)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": math.pow,
    "max_of": max,
    "min_of": min,
}
