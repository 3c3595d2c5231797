"""Series that stand for the lack of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from watchkeeper.model import METRIC_NAME, Labels, labels_of
from watchkeeper.query.promql.ast import Matcher, MatchOp, MatrixSelector, Node, Selector, unwrap
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.types import Bools, Grid, grid_of


def _absent(call: Invocation) -> Grid:
    return _lack(call, np.asarray(call.grid().present.any(axis=0)))


def _absent_over_time(call: Invocation) -> Grid:
    return _lack(call, np.asarray((call.windows().counts > 0).any(axis=0)))


def _lack(call: Invocation, there: Bools) -> Grid:
    """One series of value 1 at the steps where nothing is there."""
    labels = _implied_labels(call.node.args[0])
    present = ~there[None, :]
    return grid_of([labels], np.ones(present.shape), present).without_absent()


def _implied_labels(argument: Node) -> Labels:
    """Labels that every matching series would have: those with one equality matcher only."""
    node = unwrap(argument)
    if isinstance(node, MatrixSelector):
        node = node.selector
    return _demanded(node.matchers) if isinstance(node, Selector) else ()


def _demanded(matchers: Sequence[Matcher]) -> Labels:
    wanted: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in matchers:
        if matcher.name == METRIC_NAME:
            continue
        if matcher.op is MatchOp.EQUAL and matcher.name not in seen:
            wanted[matcher.name] = matcher.value
        else:
            wanted.pop(matcher.name, None)
        seen.add(matcher.name)
    return labels_of(wanted)


ABSENCE = {"absent": _absent, "absent_over_time": _absent_over_time}
