"""What a trace waited for: the chain of spans without which it would have been shorter. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.traces.tree import Node


@dataclass(frozen=True, slots=True)
class Stretch:
    """The trace waited for this node from here to there, Unix ns."""

    node: Node
    from_ns: int
    to_ns: int


def critical_path(root: Node) -> list[Stretch]:
    """Stretches from the root's end back to its start; marks their nodes.

    At each moment, going back, the child that ended last is followed; while none runs, the time
    is the node's own. What a queue delivers is not waited for.
    """
    path: list[Stretch] = []
    waiting = [(root, root.start_ns, root.end_ns)]
    while waiting:
        node, from_ns, to_ns = waiting.pop()
        path += _own(node, from_ns, to_ns, waiting)
    for stretch in path:
        stretch.node.is_critical = True
    path.sort(key=lambda stretch: (-stretch.to_ns, stretch.node.row))
    return path


def _own(
    node: Node, from_ns: int, to_ns: int, waiting: list[tuple[Node, int, int]]
) -> list[Stretch]:
    """The node's own stretches; what its children are followed for is left in `waiting`."""
    own: list[Stretch] = []
    now = to_ns
    for child in sorted(node.children, key=lambda each: each.end_ns, reverse=True):
        if now <= from_ns:
            break
        begin, end = max(child.start_ns, from_ns), min(child.end_ns, to_ns)
        if end > now or end <= begin or not _is_waited_for(child, node):
            continue
        if end < now:
            own.append(Stretch(node, end, now))
        waiting.append((child, begin, end))
        now = begin
    if now > from_ns:
        own.append(Stretch(node, from_ns, now))
    return own


def _is_waited_for(child: Node, parent: Node) -> bool:
    if child.span is None or parent.span is None:
        return True
    return child.span.kind != "consumer" and parent.span.kind != "producer"
