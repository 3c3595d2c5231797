"""Stacks of any number of profiles merged into one tree. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from watchkeeper.traces.profiles.stacks import Frame, Stacks
from watchkeeper.traces.profiles.types import (
    Flame,
    FlameFrames,
    FlameNodes,
    FlameThread,
    ProfileItem,
)

MOST_NODES = 20_000
SMALLEST_RATIO = 0.0002
"""Nodes below this share of the whole are left out."""
ALL_THREADS = "all"


class _Tree:
    """A trie of stacks: node 0 is the root."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.parent, self.frame, self.own = [-1], [-1], [0]
        self._children: dict[tuple[int, int], int] = {}
        self._numbers: dict[tuple[str, str, str], int] = {}

    def number(self, frame: Frame) -> int:
        found = self._numbers.get(frame.identity)
        if found is None:
            found = self._numbers[frame.identity] = len(self.frames)
            self.frames.append(frame)
        return found

    def add(self, frames: Sequence[int], weight: int) -> None:
        node = 0
        for frame in frames:
            child = self._children.get((node, frame))
            if child is None:
                child = self._children[node, frame] = len(self.parent)
                self.parent.append(node)
                self.frame.append(frame)
                self.own.append(0)
            node = child
        self.own[node] += weight

    def values(self) -> list[int]:
        """Of each node, with all below it. Children come after their parents."""
        values = list(self.own)
        for node in range(len(values) - 1, 0, -1):
            values[self.parent[node]] += values[node]
        return values


def flame(
    profiles: Sequence[Stacks],
    *,
    thread: str,
    total: int,
    items: Sequence[ProfileItem],
) -> Flame:
    """One flame graph. Profiles of another kind or unit than the first's are left out.

    thread: id or name of one; `all`; empty: the one that a profile names as its main one, else all.
    total: profiles that match, of which these are some.
    """
    first = profiles[0] if profiles else None
    same = [p for p in profiles if first and (p.kind, p.unit) == (first.kind, first.unit)]
    tree = _Tree()
    threads: dict[str, int] = defaultdict(int)
    ids: dict[str, str] = {}
    samples = 0
    for profile in same:
        numbers = [tree.number(frame) for frame in profile.frames]
        wanted = thread or profile.main_thread
        for sample in profile.samples:
            name = profile.thread_names.get(sample.thread) or sample.thread
            threads[name] += sample.weight
            ids.setdefault(name, sample.thread)
            if wanted in {"", ALL_THREADS, sample.thread, name}:
                tree.add([numbers[at] for at in sample.frames], sample.weight)
                samples += 1
    nodes, used, is_cut = _shown(tree)
    return Flame(
        unit=first.unit if first else "nanoseconds",
        kind=first.kind if first else "",
        kinds=first.kinds if first else [],
        profiles=len(same),
        total=total,
        samples=samples,
        is_cut=is_cut,
        threads=[
            FlameThread(id=ids[name], name=name, value=value)
            for name, value in sorted(threads.items(), key=lambda each: (-each[1], each[0]))
        ],
        frames=_frames([tree.frames[at] for at in used]),
        nodes=nodes,
        items=list(items),
    )


def _shown(tree: _Tree) -> tuple[FlameNodes, list[int], bool]:
    """The nodes that are large enough, siblings by size; the frames they use; if any is missing."""
    values = tree.values()
    least = max(1, int(values[0] * SMALLEST_RATIO))
    kept = [node for node in range(1, len(values)) if values[node] >= least]
    if len(kept) > MOST_NODES:
        kept = sorted(kept, key=lambda node: (-values[node], node))[:MOST_NODES]
    is_cut = len(kept) < len(values) - 1
    below: dict[int, list[int]] = defaultdict(list)
    for node in sorted(kept, key=lambda node: (values[node], -node)):
        below[tree.parent[node]].append(node)
    found = FlameNodes(frame=[-1], parent=[-1], depth=[0], value=[values[0]], own=[tree.own[0]])
    used: dict[int, int] = {}
    waiting = [(node, 0, 1) for node in below[0]]
    while waiting:
        node, parent, depth = waiting.pop()
        row = len(found.frame)
        found.frame.append(used.setdefault(tree.frame[node], len(used)))
        found.parent.append(parent)
        found.depth.append(depth)
        found.value.append(values[node])
        found.own.append(tree.own[node])
        waiting += [(child, row, depth + 1) for child in below[node]]
    return found, list(used), is_cut


def _frames(frames: Sequence[Frame]) -> FlameFrames:
    return FlameFrames(
        function=[frame.function for frame in frames],
        module=[frame.module for frame in frames],
        file=[frame.file for frame in frames],
        line=[frame.line for frame in frames],
        in_app=[frame.in_app for frame in frames],
    )
