"""The rules that a well-formed tree must keep. Messages are worded as Prometheus words them."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.lib.go_regex import compile_anchored
from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql.ast import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Card,
    Matcher,
    MatchOp,
    MatrixSelector,
    Node,
    Paren,
    Selector,
    Subquery,
    Unary,
    ValueType,
)
from watchkeeper.query.promql.catalogue import FUNCTIONS, UNLIMITED
from watchkeeper.query.promql.errors import ParseError
from watchkeeper.query.promql.literals import quote

_SCALAR_OR_VECTOR = (ValueType.SCALAR, ValueType.VECTOR)
SHORT_TYPES = {
    ValueType.SCALAR: "scalar",
    ValueType.VECTOR: "vector",
    ValueType.MATRIX: "matrix",
    ValueType.STRING: "string",
}


class _Broken(Exception):
    """A rule that a node breaks; message and position."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def check(tree: Node, text: str) -> None:
    """Raise ParseError at the first rule that is broken, in the order in which Prometheus looks.

    Iterative: each check yields the children that come next, so long chains cost no stack.
    """
    stack = [_checks(tree)]
    try:
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
            else:
                stack.append(_checks(child))
    except _Broken as broken:
        raise ParseError(broken.message, text=text, position=broken.position) from None


def _checks(node: Node) -> Iterator[Node]:
    """The children of a node, with its own rules before, between and behind them."""
    if isinstance(node, Binary):
        return _binary(node)
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Aggregate):
        return _aggregate(node)
    if isinstance(node, Unary):
        return _unary(node)
    if isinstance(node, Subquery):
        return _subquery(node)
    if isinstance(node, Selector):
        return _selector(node)
    return iter(node.children() if isinstance(node, Paren | MatrixSelector) else ())


def _expect(node: Node, wanted: ValueType, context: str) -> None:
    if node.type is not wanted:
        message = f"expected type {wanted.value} in {context}, got {node.type.value}"
        raise _Broken(message, node.start)


def _unary(node: Unary) -> Iterator[Node]:
    yield node.expr
    if node.type not in _SCALAR_OR_VECTOR:
        raise _Broken(
            "unary expression only allowed on expressions of type scalar or instant vector, "
            f"got {quote(node.type.value)}",
            node.start,
        )


def _subquery(node: Subquery) -> Iterator[Node]:
    yield node.expr
    if node.expr.type is not ValueType.VECTOR:
        kind = SHORT_TYPES[node.expr.type]
        message = f"subquery is only allowed on instant vector, got {kind} instead"
        raise _Broken(message, node.start)


def _call(node: Call) -> Iterator[Node]:
    signature = FUNCTIONS[node.func]
    _check_count(node)
    if node.func == "info" and len(node.args) > 1:
        _check_label_selector(node)
        yield node.args[0]
        _expect(node.args[0], signature.arg_type(0), 'call to function "info"')
        return
    for index, arg in enumerate(node.args):
        yield arg
        _expect(arg, signature.arg_type(index), f"call to function {quote(node.func)}")


def _check_count(node: Call) -> None:
    signature = FUNCTIONS[node.func]
    got, wanted, name = len(node.args), len(signature.args), quote(node.func)
    if not signature.variadic:
        if got != wanted:
            raise _Broken(f"expected {wanted} argument(s) in call to {name}, got {got}", node.start)
        return
    if got < signature.at_least:
        raise _Broken(
            f"expected at least {signature.at_least} argument(s) in call to {name}, got {got}",
            node.start,
        )
    most = signature.at_least + signature.variadic
    if signature.variadic != UNLIMITED and got > most:
        raise _Broken(
            f"expected at most {most} argument(s) in call to {name}, got {got}", node.start
        )


def _check_label_selector(node: Call) -> None:
    """The second argument of info() holds matchers of labels, which may all accept nothing."""
    labels = node.args[1]
    _expect_at(node, labels, ValueType.VECTOR)
    if not isinstance(labels, Selector):
        raise _Broken("expected label selectors only", labels.start)
    if labels.name:
        raise _Broken("expected label selectors only, got vector selector instead", labels.start)


def _expect_at(node: Call, arg: Node, wanted: ValueType) -> None:
    """As `_expect`, told about the whole call."""
    if arg.type is not wanted:
        raise _Broken(
            f"expected type {wanted.value} in call to function {quote(node.func)}, "
            f"got {arg.type.value}",
            node.start,
        )


def _aggregate(node: Aggregate) -> Iterator[Node]:
    yield node.expr
    _expect(node.expr, ValueType.VECTOR, "aggregation expression")
    if node.param is not None:
        yield node.param
        wanted = ValueType.STRING if node.op == "count_values" else ValueType.SCALAR
        _expect(node.param, wanted, "aggregation parameter")


def _binary(node: Binary) -> Iterator[Node]:
    yield node.lhs
    yield node.rhs
    is_comparison = node.op in COMPARISONS
    scalars = node.lhs.type is ValueType.SCALAR and node.rhs.type is ValueType.SCALAR
    if node.bool_modifier and not is_comparison:
        raise _Broken("bool modifier can only be used on comparison operators", node.op_start)
    if is_comparison and not node.bool_modifier and scalars:
        raise _Broken("comparisons between scalars must use BOOL modifier", node.op_start)
    _check_labels_once(node)
    for side in (node.lhs, node.rhs):
        if side.type not in _SCALAR_OR_VECTOR:
            message = "binary expression must contain only scalar and instant vector types"
            raise _Broken(message, side.start)
    _check_matching(node)


def _check_labels_once(node: Binary) -> None:
    matching = node.matching
    if matching is None or not matching.on:
        return
    for label in matching.labels:
        if label in matching.include:
            message = f"label {quote(label)} must not occur in ON and GROUP clause at once"
            raise _Broken(message, node.op_start)


def _check_matching(node: Binary) -> None:
    matching = node.matching
    vectors = node.lhs.type is ValueType.VECTOR and node.rhs.type is ValueType.VECTOR
    is_set = node.op in SET_OPERATORS
    if not vectors:
        if matching is not None and matching.labels:
            raise _Broken("vector matching only allowed between instant vectors", node.start)
        if matching is not None and matching.fills:
            raise _Broken(
                "filling in missing series only allowed between instant vectors", node.start
            )
        if is_set:
            message = f"set operator {quote(node.op)} not allowed in binary scalar expression"
            raise _Broken(message, node.start)
    elif is_set and matching is not None:
        if matching.card is not Card.MANY_TO_MANY:
            raise _Broken(f"no grouping allowed for {quote(node.op)} operation", node.start)
        if matching.fills:
            raise _Broken("filling in missing series not allowed for set operators", node.start)


def _selector(node: Selector) -> Iterator[Node]:
    if node.name:
        for matcher in node.matchers[:-1]:
            if matcher.name == METRIC_NAME:
                twice = f"{quote(node.name)} or {quote(matcher.value)}"
                raise _Broken(f"metric name must not be set twice: {twice}", node.start)
    elif all(accepts_empty(matcher) for matcher in node.matchers):
        raise _Broken("vector selector must contain at least one non-empty matcher", node.start)
    yield from ()


def accepts_empty(matcher: Matcher) -> bool:
    """True if a series without the label satisfies the matcher."""
    if matcher.op is MatchOp.EQUAL:
        return not matcher.value
    if matcher.op is MatchOp.NOT_EQUAL:
        return bool(matcher.value)
    return compile_anchored(matcher.value).matches("") is (matcher.op is MatchOp.REGEX)
