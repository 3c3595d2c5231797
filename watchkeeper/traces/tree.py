"""A trace's spans as a tree, whatever is missing, doubled or in a circle. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from watchkeeper.traces.repo.one import StoredSpan


@dataclass(slots=True, eq=False)
class Node:
    """A span in its place. start_ns, end_ns: Unix ns, shifted where clocks differ.

    span: None for a parent that is not stored. row: in drawing order, parents before children.
    """

    span: StoredSpan | None
    span_id: str
    start_ns: int
    end_ns: int
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    row: int = -1
    depth: int = 0
    descendants: int = 0
    self_ns: int = 0
    is_critical: bool = False

    @property
    def service(self) -> str:
        return self.span.service if self.span else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """roots: by start. orphans: spans whose parent is not stored. duplicates: left out."""

    roots: Sequence[Node]
    orphans: int
    duplicates: int


def grown(spans: Sequence[StoredSpan]) -> Tree:
    """The tree of these spans. A missing parent becomes a node of its own above its children.

    Such a node hangs below the trace's root, if there is one. Spans that are their own ancestors
    begin at their earliest one.
    """
    nodes: dict[str, Node] = {}
    for span in spans:
        if span.span_id not in nodes:
            end_ns = span.start_ns + span.duration_ns
            nodes[span.span_id] = Node(span, span.span_id, span.start_ns, end_ns)
    duplicates = len(spans) - len(nodes)
    missing: dict[str, Node] = {}
    orphans = 0
    roots: list[Node] = []
    for node in nodes.values():
        parent_id = node.span.parent_id if node.span else ""
        if not parent_id or parent_id == node.span_id:
            roots.append(node)
        elif parent_id in nodes:
            _hang(node, nodes[parent_id])
        else:
            orphans += 1
            gap = missing.get(parent_id)
            if gap is None:
                gap = missing[parent_id] = Node(None, parent_id, node.start_ns, node.end_ns)
            gap.start_ns, gap.end_ns = (
                min(gap.start_ns, node.start_ns),
                max(gap.end_ns, node.end_ns),
            )
            _hang(node, gap)
    roots += _cut_circles(nodes, [*roots, *missing.values()])
    roots.sort(key=_by_start)
    if roots:
        for gap in missing.values():
            _hang(gap, roots[0])
    else:
        roots = sorted(missing.values(), key=_by_start)
    return Tree(roots=roots, orphans=orphans, duplicates=duplicates)


def arrange(roots: Sequence[Node]) -> list[Node]:
    """Rows in drawing order; sets row, depth and descendants. Children are sorted by start."""
    rows: list[Node] = []
    waiting = sorted(roots, key=_by_start, reverse=True)
    while waiting:
        node = waiting.pop()
        node.row = len(rows)
        node.depth = node.parent.depth + 1 if node.parent else 0
        rows.append(node)
        node.children.sort(key=_by_start)
        waiting.extend(reversed(node.children))
    for node in reversed(rows):
        if node.parent:
            node.parent.descendants += node.descendants + 1
    return rows


def measure(rows: Sequence[Node]) -> None:
    """Sets self_ns: the time in which none of a node's children ran."""
    for node in rows:
        covered, reached = 0, node.start_ns
        for child in node.children:
            begin = max(child.start_ns, reached)
            end = min(child.end_ns, node.end_ns)
            if end > begin:
                covered += end - begin
                reached = end
        node.self_ns = 0 if node.span is None else max(0, node.end_ns - node.start_ns - covered)


def _by_start(node: Node) -> tuple[int, int, str]:
    return node.start_ns, -node.end_ns, node.span_id


def _hang(node: Node, parent: Node) -> None:
    node.parent = parent
    parent.children.append(node)


def _cut_circles(nodes: dict[str, Node], tops: Sequence[Node]) -> list[Node]:
    """Nodes that no top leads to are in circles: one of each circle becomes a top."""
    reached = {node.span_id for node in _below(tops)}
    found: list[Node] = []
    for node in sorted(nodes.values(), key=_by_start):
        if node.span_id not in reached:
            if node.parent:
                node.parent.children.remove(node)
                node.parent = None
            found.append(node)
            reached.update(each.span_id for each in _below([node]))
    return found


def _below(tops: Sequence[Node]) -> Iterator[Node]:
    waiting = list(tops)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children)
