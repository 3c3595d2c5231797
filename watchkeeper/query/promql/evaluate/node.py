"""One node of the tree at all steps of a frame."""

from __future__ import annotations

import numpy as np

from watchkeeper.query.promql.aggregate import aggregate
from watchkeeper.query.promql.ast import (
    Aggregate,
    Binary,
    Call,
    MatrixSelector,
    Node,
    Number,
    Selector,
    Subquery,
    Text,
    Unary,
    unwrap,
)
from watchkeeper.query.promql.binary import combine
from watchkeeper.query.promql.catalogue import STEP_DEPENDENT
from watchkeeper.query.promql.evaluate.info import info
from watchkeeper.query.promql.evaluate.promises import promised
from watchkeeper.query.promql.evaluate.rolled_up import rolled_up
from watchkeeper.query.promql.evaluate.selectors import (
    instant,
    over_range,
    over_subquery,
    sample_times,
    start_times,
)
from watchkeeper.query.promql.functions import (
    FUNCTION_BODIES,
    Invocation,
    Value,
    doubt_counters,
    extended_samples,
    require_safe,
)
from watchkeeper.query.promql.lattice import FUSED, aggregate_promise
from watchkeeper.query.promql.mixed import call_with_histograms, holds_histograms, negated
from watchkeeper.query.promql.naming import drop_names
from watchkeeper.query.promql.planner import plan, push_down
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import Grid, Scalars


def evaluate(frame: Frame, node: Node) -> Value:
    """The value of an expression at every step.

    Raises BudgetSpent between nodes, ExecutionError where the data do not allow it.
    """
    frame.run.budget.check()
    node = unwrap(node)
    if frame.is_range and _is_pinned(node):
        return _repeated(evaluate(frame.first_step(), node), frame.steps)
    rolled = rolled_up(frame, node, lambda late: _grid(evaluate(late, node)))
    value = _evaluate(frame, node) if rolled is None else rolled
    if isinstance(value, Grid):
        frame.run.budget.hold(value.values.size)
        frame.run.budget.release(value.values.size)
    return value


def _evaluate(frame: Frame, node: Node) -> Value:
    if isinstance(node, Binary):
        return _binary_chain(frame, node)
    if isinstance(node, Call):
        return _call(frame, node)
    if isinstance(node, Aggregate):
        return _aggregation(frame, node)
    if isinstance(node, Selector):
        promise = promised(frame, node)
        return instant(frame, node) if promise is None else promise.to_grid()
    if isinstance(node, MatrixSelector):
        windows = over_range(frame, node)
        return windows if windows.extended is None else extended_samples(windows)
    if isinstance(node, Subquery):
        return over_subquery(frame, node, lambda inner: _grid(evaluate(inner, node.expr)))
    if isinstance(node, Unary):
        return _unary(frame, node)
    if isinstance(node, Number):
        return Scalars(np.full(frame.steps, node.value))
    if isinstance(node, Text):
        return node.value
    raise TypeError(f"no evaluation for {type(node).__name__}")


def _aggregation(frame: Frame, node: Aggregate) -> Grid:
    """Straight from a lattice where that can be done, else from the vector below."""
    param = None if node.param is None else evaluate(frame, node.param)
    inner = unwrap(node.expr)
    promise = None
    if node.op in FUSED and not (frame.is_range and _is_pinned(inner)):
        promise = promised(frame, inner)
    if promise is None:
        return aggregate(frame, node, _grid(evaluate(frame, inner)), param)
    grid = aggregate_promise(promise, node, param)
    return aggregate(frame, node, promise.to_grid(), param) if grid is None else grid


def _grid(value: Value) -> Grid:
    if not isinstance(value, Grid):
        raise TypeError(f"expected an instant vector, got {type(value).__name__}")
    return value


def _binary_chain(frame: Frame, node: Binary) -> Value:
    """`a + b + c …` leans left: walked in a loop, so that its length costs no stack."""
    chain = [node]
    while isinstance(lhs := unwrap(chain[-1].lhs), Binary) and not _is_pinned(lhs):
        chain.append(lhs)
    left = evaluate(frame, chain[-1].lhs)
    for link in reversed(chain):
        left = combine(frame, link, left, evaluate(frame, link.rhs))
    return left


def _unary(frame: Frame, node: Unary) -> Value:
    value = evaluate(frame, node.expr)
    if node.op == "+":
        return value
    if isinstance(value, Scalars):
        return Scalars(-value.values)
    grid = _grid(value)
    return drop_names(frame.run, negated(frame, grid))


def _call(frame: Frame, node: Call) -> Value:
    argument = unwrap(node.args[0]) if node.args else None
    if node.func == "timestamp" and isinstance(argument, Selector):
        return drop_names(frame.run, sample_times(frame, argument))
    if node.func == "start_timestamp" and isinstance(argument, Selector):
        return drop_names(frame.run, start_times(frame, argument))
    if node.func == "info":
        return info(frame, node, _grid(evaluate(frame, node.args[0])))
    require_safe(node)
    promise = promised(frame, node)
    if promise is not None:
        return promise.to_grid()
    pushed = _pushed_down(frame, node)
    if pushed is not None:
        return pushed
    args = [_argument(frame, arg) for arg in node.args]
    call, body = Invocation(frame, node, args), FUNCTION_BODIES[node.func]
    return call_with_histograms(call, body) if holds_histograms(args) else body(call)


def _argument(frame: Frame, node: Node) -> Value:
    """As `evaluate`, but windows of `anchored` and `smoothed` selectors keep what is around."""
    inner = unwrap(node)
    if isinstance(inner, MatrixSelector) and inner.selector.extended:
        return over_range(frame, inner)
    return evaluate(frame, node)


def _pushed_down(frame: Frame, node: Call) -> Grid | None:
    """The store's answer, if the call is one that it computes."""
    request = plan(frame, node)
    grid = None if request is None else push_down(frame, request)
    if grid is None:
        return None
    if node.func in ("rate", "increase"):
        doubt_counters(frame, grid.labels, node.args[0].start)
    return drop_names(frame.run, grid)


def _is_pinned(node: Node) -> bool:
    """True if the value is the same at every step: each selector in it has an `@`."""
    if isinstance(node, Number | Text):
        return False
    return _invariant(node)


def _invariant(node: Node) -> bool:
    stack: list[Node] = [node]
    while stack:
        inner = stack.pop()
        if isinstance(inner, Selector | Subquery):
            if inner.at is None:
                return False
        elif isinstance(inner, Call) and inner.func in STEP_DEPENDENT:
            return False
        else:
            stack.extend(inner.children())
    return True


def _repeated(value: Value, steps: int) -> Value:
    """A value of one step, at every step."""
    if isinstance(value, Grid):
        shape = (len(value.labels), steps)
        values = np.broadcast_to(value.values, shape)
        histograms = value.histograms
        return Grid(
            value.labels,
            values,
            np.broadcast_to(value.present, shape),
            value.drop_name,
            None if histograms is None else np.broadcast_to(histograms, shape),
        )
    if isinstance(value, Scalars):
        return Scalars(np.broadcast_to(value.values, (steps,)))
    if isinstance(value, str):
        return value
    return value.repeated(steps)


__all__ = ["Value", "evaluate"]
