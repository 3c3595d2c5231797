"""The tree that the parser makes. Frozen; positions are character offsets, half-open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class ValueType(StrEnum):
    """What an expression evaluates to; the value is what error texts call it."""

    SCALAR = "scalar"
    VECTOR = "instant vector"
    MATRIX = "range vector"
    STRING = "string"


class MatchOp(StrEnum):
    """How a matcher compares. Regular expressions are RE2 and match whole values."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; an absent label has the value ""."""

    name: str
    op: MatchOp
    value: str


class AtKind(StrEnum):
    """What an `@` names."""

    TIME = "time"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class At:
    """`@ <ts_ms>`, `@ start()` or `@ end()`; ts_ms is Unix ms UTC, only for TIME."""

    kind: AtKind
    ts_ms: int = 0


class Card(StrEnum):
    """How the two sides of a vector operation pair up."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """`on`/`ignoring` labels and `group_left`/`group_right` with the labels they copy."""

    card: Card = Card.ONE_TO_ONE
    labels: tuple[str, ...] = ()
    on: bool = False
    include: tuple[str, ...] = ()
    explicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """start, end: character offsets in the text."""

    start: int
    end: int

    @property
    def type(self) -> ValueType:
        raise NotImplementedError

    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Node):
    """duration: written as a duration (`5m` is 300)."""

    value: float
    duration: bool = False

    @property
    def type(self) -> ValueType:
        return ValueType.SCALAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Node):
    """A string literal, unquoted."""

    value: str

    @property
    def type(self) -> ValueType:
        return ValueType.STRING


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector(Node):
    """An instant vector selector. `name` is the metric as written before the braces, if any.

    matchers: all of them, that of the name included. offset_ms moves the window into the past.
    """

    name: str
    matchers: tuple[Matcher, ...]
    offset_ms: int = 0
    at: At | None = None

    @property
    def type(self) -> ValueType:
        return ValueType.VECTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixSelector(Node):
    """`selector[range]`; offset and `@` are the selector's."""

    selector: Selector
    range_ms: int

    @property
    def type(self) -> ValueType:
        return ValueType.MATRIX

    def children(self) -> tuple[Node, ...]:
        return (self.selector,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery(Node):
    """`expr[range:step]`; step_ms None means the engine's default."""

    expr: Node
    range_ms: int
    step_ms: int | None
    offset_ms: int = 0
    at: At | None = None

    @property
    def type(self) -> ValueType:
        return ValueType.MATRIX

    def children(self) -> tuple[Node, ...]:
        return (self.expr,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function with its arguments; `returns` comes from the catalogue."""

    func: str
    args: tuple[Node, ...]
    returns: ValueType

    @property
    def type(self) -> ValueType:
        return self.returns

    def children(self) -> tuple[Node, ...]:
        return self.args


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Node):
    """An aggregation; `param` is the first argument of those that take one."""

    op: str
    expr: Node
    param: Node | None = None
    grouping: tuple[str, ...] = ()
    without: bool = False
    grouped: bool = False

    @property
    def type(self) -> ValueType:
        return ValueType.VECTOR

    def children(self) -> tuple[Node, ...]:
        return (self.expr,) if self.param is None else (self.param, self.expr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """op: the operator in lower case, at op_start. bool_modifier: comparisons answer 0 or 1."""

    op: str
    op_start: int
    lhs: Node
    rhs: Node
    bool_modifier: bool = False
    matching: Matching | None = None
    result: ValueType = ValueType.SCALAR

    @property
    def type(self) -> ValueType:
        return self.result

    def children(self) -> tuple[Node, ...]:
        return (self.lhs, self.rhs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """`-expr` or `+expr`."""

    op: str
    expr: Node

    @property
    def type(self) -> ValueType:
        return self.expr.type

    def children(self) -> tuple[Node, ...]:
        return (self.expr,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paren(Node):
    """`(expr)`; kept, so that printing keeps it."""

    expr: Node

    @property
    def type(self) -> ValueType:
        return self.expr.type

    def children(self) -> tuple[Node, ...]:
        return (self.expr,)


Expr = Node

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
SET_OPERATORS = frozenset({"and", "or", "unless"})
ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "^", "atan2"})
PARAM_AGGREGATIONS = frozenset(
    {"topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"}
)
AGGREGATIONS = PARAM_AGGREGATIONS | {
    "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar",
}  # fmt: skip
EXPERIMENTAL_AGGREGATIONS = frozenset({"limitk", "limit_ratio"})


def unwrap(node: Node) -> Node:
    """The expression inside any parentheses."""
    while isinstance(node, Paren):
        node = node.expr
    return node


def post_order(root: Node) -> Iterator[Node]:
    """Every node, children first. Iterative: long operator chains are deep trees."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, seen = stack.pop()
        if seen:
            yield node
            continue
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node.children()))


def selectors_of(expr: Expr) -> list[Selector]:
    """Every selector that the expression reads, in order."""
    return [node for node in post_order(expr) if isinstance(node, Selector)]
