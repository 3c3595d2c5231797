"""Expressions that are read off a lattice: plain selectors and range functions over them."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.query.promql.ast import Call, MatrixSelector, Node, Selector, unwrap
from watchkeeper.query.promql.evaluate.rolled_up import is_rolled_up
from watchkeeper.query.promql.evaluate.selectors import window_ends
from watchkeeper.query.promql.functions import doubt_counters
from watchkeeper.query.promql.lattice import (
    KEEPS_NAME,
    KERNELS,
    Kernel,
    Lattice,
    LatticeSource,
    Promise,
    newest,
)
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import I64


def promised(frame: Frame, node: Node) -> Promise | None:
    """The values of a selector or of a range function over one; None if no lattice holds it.

    Subqueries are not looked at: their inner expression must be evaluated first.
    """
    if is_rolled_up(frame, node):
        return None
    if isinstance(node, Selector):
        ends = window_ends(frame, node.offset_ms, node.at)
        return _selected(frame, node, ends, frame.run.options.lookback_ms, newest)
    argument = _range_argument(node)
    if not isinstance(node, Call) or not isinstance(argument, MatrixSelector):
        return None
    ends = window_ends(frame, argument.selector.offset_ms, argument.selector.at)
    promise = _selected(frame, argument.selector, ends, argument.range_ms, KERNELS[node.func])
    if promise is not None and node.func in ("rate", "increase") and promise.lattice.sheets:
        doubt_counters(frame, promise.lattice.table.labels[:1], node.args[0].start)
    return promise and replace(promise, drops_name=node.func not in KEEPS_NAME)


def _range_argument(node: Node) -> Node | None:
    """The one argument of a range function that has a kernel."""
    if isinstance(node, Call) and node.func in KERNELS and len(node.args) == 1:
        return unwrap(node.args[0])
    return None


def _selected(
    frame: Frame, selector: Selector, ends: I64, range_ms: int, kernel: Kernel
) -> Promise | None:
    run = frame.run
    if not isinstance(run.source, LatticeSource):
        return None
    if selector.extended:
        return None
    run.budget.check()
    lattice = run.source.lattice(
        run.scope,
        selector.matchers,
        start_ms=int(ends.min()) - range_ms + 1,
        end_ms=int(ends.max()),
    )
    if lattice is None:
        return None
    run.series += len(lattice.slots)
    run.samples += lattice.samples
    if kernel is not newest:
        lattice = lattice.without_stale()
    return _promise(frame, lattice, ends, range_ms, kernel)


def _promise(frame: Frame, lattice: Lattice, ends: I64, range_ms: int, kernel: Kernel) -> Promise:
    parts = [kernel(sheet, ends, range_ms) for sheet in lattice.sheets]
    kept = [part for part in parts if not part.is_empty]
    return Promise(frame=frame, lattice=lattice, parts=kept, drops_name=False)
