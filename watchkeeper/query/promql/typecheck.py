"""The rules that a well-formed tree must keep. Messages are worded as Prometheus words them."""

from __future__ import annotations

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
    Node,
    Selector,
    Subquery,
    Unary,
    ValueType,
    post_order,
)
from watchkeeper.query.promql.catalogue import FUNCTIONS, UNLIMITED
from watchkeeper.query.promql.errors import ParseError
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.regex import BadRegex, compile_whole

_SCALAR_OR_VECTOR = (ValueType.SCALAR, ValueType.VECTOR)
_SHORT = {
    ValueType.SCALAR: "scalar",
    ValueType.VECTOR: "vector",
    ValueType.MATRIX: "matrix",
    ValueType.STRING: "string",
}


def check(tree: Node, text: str) -> None:
    """Raise ParseError at the first node, children first, that breaks a rule."""
    for node in post_order(tree):
        problem = _problem(node)
        if problem is not None:
            message, position = problem
            raise ParseError(message, text=text, position=position)


def _problem(node: Node) -> tuple[str, int] | None:
    """What is wrong with one node whose children are right, and where."""
    if isinstance(node, Binary):
        return _binary(node)
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Aggregate):
        return _aggregate(node)
    if isinstance(node, Selector):
        return _selector(node)
    if isinstance(node, Unary) and node.type not in _SCALAR_OR_VECTOR:
        kind = quote(node.type.value)
        return (
            "unary expression only allowed on expressions of type scalar or instant vector, "
            f"got {kind}",
            node.start,
        )
    if isinstance(node, Subquery) and node.expr.type is not ValueType.VECTOR:
        kind = _SHORT[node.expr.type]
        return f"subquery is only allowed on instant vector, got {kind} instead", node.start
    return None


def _expect(node: Node, wanted: ValueType, context: str) -> tuple[str, int] | None:
    if node.type is wanted:
        return None
    return f"expected type {wanted.value} in {context}, got {node.type.value}", node.start


def _call(node: Call) -> tuple[str, int] | None:
    signature = FUNCTIONS[node.func]
    got, name = len(node.args), quote(node.func)
    if not signature.variadic and got != len(signature.args):
        return (
            f"expected {len(signature.args)} argument(s) in call to {name}, got {got}",
            node.start,
        )
    if got < signature.at_least:
        return (
            f"expected at least {signature.at_least} argument(s) in call to {name}, got {got}",
            node.start,
        )
    if signature.variadic != UNLIMITED and got > len(signature.args):
        return (
            f"expected at most {len(signature.args)} argument(s) in call to {name}, got {got}",
            node.start,
        )
    for index, arg in enumerate(node.args):
        problem = _expect(arg, signature.arg_type(index), f"call to function {name}")
        if problem is not None:
            return problem
    return None


def _aggregate(node: Aggregate) -> tuple[str, int] | None:
    problem = _expect(node.expr, ValueType.VECTOR, "aggregation expression")
    if problem is None and node.param is not None:
        wanted = ValueType.STRING if node.op == "count_values" else ValueType.SCALAR
        problem = _expect(node.param, wanted, "aggregation parameter")
    return problem


def _binary(node: Binary) -> tuple[str, int] | None:
    left, right = node.lhs.type, node.rhs.type
    is_comparison = node.op in COMPARISONS
    if node.bool_modifier and not is_comparison:
        return "bool modifier can only be used on comparison operators", node.op_start
    scalars = left is ValueType.SCALAR and right is ValueType.SCALAR
    if is_comparison and not node.bool_modifier and scalars:
        return "comparisons between scalars must use BOOL modifier", node.op_start
    for side in (node.lhs, node.rhs):
        if side.type not in _SCALAR_OR_VECTOR:
            return (
                "binary expression must contain only scalar and instant vector types",
                side.start,
            )
    return _binary_matching(node)


def _binary_matching(node: Binary) -> tuple[str, int] | None:
    matching = node.matching
    if matching is None:
        return None
    both = set(matching.labels) & set(matching.include)
    if matching.on and both:
        label = quote(min(both))
        return f"label {label} must not occur in ON and GROUP clause at once", node.op_start
    vectors = node.lhs.type is ValueType.VECTOR and node.rhs.type is ValueType.VECTOR
    if not vectors and matching.labels:
        return "vector matching only allowed between instant vectors", node.start
    if node.op not in SET_OPERATORS:
        return None
    if not vectors:
        return f"set operator {quote(node.op)} not allowed in binary scalar expression", node.start
    if matching.card is not Card.MANY_TO_MANY:
        return f"no grouping allowed for {quote(node.op)} operation", node.start
    return None


def _selector(node: Selector) -> tuple[str, int] | None:
    for matcher in node.matchers:
        problem = _bad_regex(matcher)
        if problem:
            return problem, node.start
    names = [m for m in node.matchers if m.name == METRIC_NAME and m.op is MatchOp.EQUAL]
    if node.name and len(names) > 1:
        twice = f"{quote(node.name)} or {quote(names[0].value)}"
        return f"metric name must not be set twice: {twice}", node.start
    if all(accepts_empty(matcher) for matcher in node.matchers):
        return "vector selector must contain at least one non-empty matcher", node.start
    return None


def _bad_regex(matcher: Matcher) -> str:
    if matcher.op not in (MatchOp.REGEX, MatchOp.NOT_REGEX):
        return ""
    try:
        compile_whole(matcher.value)
    except BadRegex as problem:
        return str(problem)
    return ""


def accepts_empty(matcher: Matcher) -> bool:
    """True if a series without the label satisfies the matcher."""
    if matcher.op is MatchOp.EQUAL:
        return not matcher.value
    if matcher.op is MatchOp.NOT_EQUAL:
        return bool(matcher.value)
    matches = compile_whole(matcher.value).fullmatch("") is not None
    return matches is (matcher.op is MatchOp.REGEX)
