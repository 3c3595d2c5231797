"""Which selectors need no buckets of native histograms."""

from __future__ import annotations

from watchkeeper.query.promql.ast import Binary, Call, Node, Selector, Subquery
from watchkeeper.query.promql.mixed import TRIMS

_NEED_NONE = frozenset({"histogram_avg", "histogram_count", "histogram_sum"})
_NEED_ALL = frozenset({"histogram_fraction", "histogram_quantile", "histogram_quantiles"})


def bucketless(tree: Node) -> frozenset[int]:
    """Identities (`id`) of the selectors of which only count and sum matter.

    They stand inside a function that reads only those, and nowhere inside one that reads buckets;
    a subquery leaves out samples, so that buckets are needed to see counter resets.
    """
    found: set[int] = set()
    stack: list[tuple[Node, bool]] = [(tree, False)]
    while stack:
        node, inside = stack.pop()
        if isinstance(node, Subquery) or (isinstance(node, Binary) and node.op in TRIMS):
            continue
        if isinstance(node, Call):
            if node.func in _NEED_ALL:
                continue
            inside = inside or node.func in _NEED_NONE
        if isinstance(node, Selector) and inside:
            found.add(id(node))
        stack.extend((child, inside) for child in node.children())
    return frozenset(found)
