"""What stands behind an expression: ranges, subqueries, `offset`, `@`, `anchored`, `smoothed`."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.query.promql.ast import (
    At,
    AtKind,
    Duration,
    DurationExpr,
    MatrixSelector,
    Node,
    Number,
    Selector,
    Subquery,
)
from watchkeeper.query.promql.cursor import Cursor
from watchkeeper.query.promql.durations import (
    at_number,
    parse_number_or_duration,
    parse_offset,
    parse_range,
    seconds_to_ms,
)
from watchkeeper.query.promql.literals import format_fixed

_LARGEST_TS_S = 2.0**62 / 1000
"""Beyond this, milliseconds (and what offsets add to them) fit no 64-bit integer."""
_DURATIONS = "number, duration, step(), or range()"
_MUST_PRECEDE = (
    "must be preceded by an instant vector selector or range vector selector or a subquery"
)


def postfixed(cursor: Cursor, node: Node) -> Node:
    """The node with all that follows it, in any order that makes sense."""
    while True:
        word = cursor.word()
        if cursor.at("["):
            node = _brackets(cursor, node)
        elif word == "offset":
            node = _offset(cursor, node)
        elif word in ("anchored", "smoothed"):
            node = _extended(cursor, node, word)
        elif cursor.at("@"):
            node = _at(cursor, node)
        else:
            return node


def _brackets(cursor: Cursor, node: Node) -> Node:
    opening = cursor.take()
    with cursor.reading("subquery or range selector", _DURATIONS):
        duration = parse_range(cursor)
    if cursor.at(":"):
        return _subquery(cursor, node, duration)
    if not cursor.at("]"):
        raise cursor.unexpected(where="subquery or range", expected='":" or "]"')
    closing = cursor.take()
    if not isinstance(node, Selector):
        raise cursor.error("ranges only allowed for vector selectors", opening)
    if node.offset_ms or node.offset_expr is not None:
        raise cursor.error("no offset modifiers allowed before range", opening)
    if node.at is not None:
        raise cursor.error("no @ modifiers allowed before range", opening)
    ms, expr = _split(duration)
    return MatrixSelector(
        start=node.start, end=closing.end, selector=node, range_ms=ms, range_expr=expr
    )


def _subquery(cursor: Cursor, node: Node, duration: Duration) -> Node:
    cursor.take()
    step: Duration | None = None
    if not cursor.at("]"):
        with cursor.reading("subquery selector", 'number, duration, step(), range(), or "]"'):
            step = parse_range(cursor)
        if not cursor.at("]"):
            raise cursor.unexpected(where="subquery selector", expected='"]"')
    closing = cursor.take()
    range_ms, range_expr = _split(duration)
    step_ms, step_expr = (None, None) if step is None else _split(step)
    with cursor.nested():
        return Subquery(
            start=node.start,
            end=closing.end,
            expr=node,
            range_ms=range_ms,
            step_ms=step_ms,
            range_expr=range_expr,
            step_expr=step_expr,
        )


def _split(duration: Duration) -> tuple[int, DurationExpr | None]:
    """What is known now, in ms, and what is to be computed."""
    if isinstance(duration, Number):
        return max(seconds_to_ms(duration.value), 1), None
    return 0, duration


def _offset(cursor: Cursor, node: Node) -> Node:
    cursor.take()
    with cursor.reading("offset", _DURATIONS):
        duration = parse_offset(cursor)
    expr = None if isinstance(duration, Number) else duration
    ms = seconds_to_ms(duration.value) if isinstance(duration, Number) else 0
    target = node.selector if isinstance(node, MatrixSelector) else node
    if not isinstance(target, Selector | Subquery):
        raise cursor.error(f"offset modifier {_MUST_PRECEDE}", node)
    if target.offset_ms or target.offset_expr is not None:
        raise cursor.error("offset may not be set multiple times", node)
    moved = replace(target, offset_ms=ms, offset_expr=expr)
    return _put_back(node, moved, cursor.last.end)


def _put_back(node: Node, changed: Selector | Subquery, end: int) -> Node:
    """The node around the changed selector, reaching to `end`."""
    if isinstance(node, MatrixSelector) and isinstance(changed, Selector):
        return replace(node, end=end, selector=changed)
    return replace(changed, end=end)


def _extended(cursor: Cursor, node: Node, word: str) -> Node:
    cursor.take()
    if not cursor.experimental:
        raise cursor.error(f"{word} modifier is experimental and not enabled", node)
    if isinstance(node, Subquery):
        raise cursor.error(f"{word} modifier is not supported for subqueries", node)
    target = node.selector if isinstance(node, MatrixSelector) else node
    if not isinstance(target, Selector):
        raise cursor.error(f"{word} modifier not implemented", node)
    anchored = target.anchored or word == "anchored"
    smoothed = target.smoothed or word == "smoothed"
    if anchored and smoothed:
        raise cursor.error("anchored and smoothed modifiers cannot be used together", node)
    return _put_back(node, replace(target, anchored=anchored, smoothed=smoothed), node.end)


def _at(cursor: Cursor, node: Node) -> Node:
    cursor.take()
    at = _at_target(cursor, node)
    target = node.selector if isinstance(node, MatrixSelector) else node
    if not isinstance(target, Selector | Subquery):
        raise cursor.error(f"@ modifier {_MUST_PRECEDE}", node)
    if target.at is not None:
        raise cursor.error("@ <timestamp> may not be set multiple times", node)
    return _put_back(node, replace(target, at=at), cursor.last.end)


def _at_target(cursor: Cursor, node: Node) -> At:
    with cursor.reading("@", "timestamp"):
        word = cursor.take_word("start", "end")
        if word is not None:
            cursor.expect("(")
            cursor.expect(")")
            return At(AtKind(word))
        sign = -1.0 if cursor.at("-") else 1.0
        if cursor.at("+", "-"):
            cursor.take()
        if not at_number(cursor):
            raise cursor.unexpected()
        seconds = sign * parse_number_or_duration(cursor).value
    if not abs(seconds) < _LARGEST_TS_S:
        problem = f"timestamp out of bounds for @ modifier: {format_fixed(seconds)}"
        raise cursor.error(problem, node)
    return At(AtKind.TIME, seconds_to_ms(seconds))
