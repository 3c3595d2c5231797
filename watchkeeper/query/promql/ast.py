"""The tree that the parser makes. Frozen; positions are character offsets, half-open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast


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
    """`on`/`ignoring` labels and `group_left`/`group_right` with the labels they copy.

    fill_left, fill_right: what stands for a missing partner on that side; None: nothing does.
    """

    card: Card = Card.ONE_TO_ONE
    labels: tuple[str, ...] = ()
    on: bool = False
    include: tuple[str, ...] = ()
    fill_left: float | None = None
    fill_right: float | None = None

    @property
    def fills(self) -> bool:
        return self.fill_left is not None or self.fill_right is not None


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

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """The node over other children of the same number and types."""
        del children
        return self


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
class DurationExpr(Node):
    """Arithmetic of durations: `5m * 2`, `-step()`, `max_of(range(), 1h)`.

    op: `+ - * / % ^`, or `step range min_of max_of`. A sign has no lhs. wrapped: in parentheses.
    Its numbers are seconds.
    """

    op: str
    lhs: Duration | None = None
    rhs: Duration | None = None
    wrapped: bool = False

    @property
    def type(self) -> ValueType:
        return ValueType.SCALAR


Duration = Number | DurationExpr


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector(Node):
    """An instant vector selector. `name` is the metric as written before the braces, if any.

    matchers: all of them, that of the name included. offset_ms moves the window into the past;
    where offset_expr is set, it is still to be computed from that.
    """

    name: str
    matchers: tuple[Matcher, ...]
    offset_ms: int = 0
    at: At | None = None
    offset_expr: DurationExpr | None = None
    anchored: bool = False
    smoothed: bool = False

    @property
    def type(self) -> ValueType:
        return ValueType.VECTOR

    @property
    def extended(self) -> bool:
        """True if samples outside the window count: `anchored` or `smoothed`."""
        return self.anchored or self.smoothed


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixSelector(Node):
    """`selector[range]`; offset, `@`, `anchored` and `smoothed` are the selector's."""

    selector: Selector
    range_ms: int
    range_expr: DurationExpr | None = None

    @property
    def type(self) -> ValueType:
        return ValueType.MATRIX

    def children(self) -> tuple[Node, ...]:
        return (self.selector,)

    def with_children(self, children: tuple[Node, ...]) -> Node:
        return replace(self, selector=cast(Selector, children[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery(Node):
    """`expr[range:step]`; step_ms None means the engine's default."""

    expr: Node
    range_ms: int
    step_ms: int | None
    offset_ms: int = 0
    at: At | None = None
    range_expr: DurationExpr | None = None
    step_expr: DurationExpr | None = None
    offset_expr: DurationExpr | None = None

    @property
    def type(self) -> ValueType:
        return ValueType.MATRIX

    def children(self) -> tuple[Node, ...]:
        return (self.expr,)

    def with_children(self, children: tuple[Node, ...]) -> Node:
        return replace(self, expr=children[0])


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

    def with_children(self, children: tuple[Node, ...]) -> Node:
        return replace(self, args=children)


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

    def with_children(self, children: tuple[Node, ...]) -> Node:
        if self.param is None:
            return replace(self, expr=children[0])
        return replace(self, param=children[0], expr=children[1])


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

    def with_children(self, children: tuple[Node, ...]) -> Node:
        return replace(self, lhs=children[0], rhs=children[1])


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

    def with_children(self, children: tuple[Node, ...]) -> Node:
        return replace(self, expr=children[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Paren(Node):
    """`(expr)`; kept, so that printing keeps it."""

    expr: Node

    @property
    def type(self) -> ValueType:
        return self.expr.type

    def children(self) -> tuple[Node, ...]:
        return (self.expr,)

    def with_children(self, children: tuple[Node, ...]) -> Node:
        return replace(self, expr=children[0])


Expr = Node

TRIMS = frozenset({"</", ">/"})
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


def rebuilt(root: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with every node changed, children first. What is not changed is not copied."""
    done: dict[int, Node] = {}
    for node in post_order(root):
        before = node.children()
        after = tuple(done.pop(id(child), child) for child in before)
        same = all(old is new for old, new in zip(before, after, strict=True))
        done[id(node)] = change(node if same else node.with_children(after))
    return done[id(root)]


def selectors_of(expr: Expr) -> list[Selector]:
    """Every selector that the expression reads, in order."""
    return [node for node in post_order(expr) if isinstance(node, Selector)]
