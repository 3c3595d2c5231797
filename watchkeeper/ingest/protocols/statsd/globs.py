"""Globs over dotted names, where `*` is one component. A tree: many rules cost little."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GlobMatch:
    """Which glob matched, and what stood at each `*`."""

    number: int
    captures: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    star: _Node | None = None
    number: int | None = None


class GlobTree:
    """Finds the glob that matches a name: the lowest number, or the most specific one."""

    def __init__(self, globs: Iterable[tuple[int, str]], *, most_specific: bool = False) -> None:
        """most_specific: at each component, from the left, a literal beats `*`."""
        self._root = _Node()
        self._most_specific = most_specific
        for number, glob in globs:
            self._add(number, glob.split("."))

    def _add(self, number: int, components: Sequence[str]) -> None:
        node = self._root
        for component in components:
            if component == "*":
                node.star = node.star or _Node()
                node = node.star
            else:
                node = node.literal.setdefault(component, _Node())
        if node.number is None:
            node.number = number

    def find(self, components: Sequence[str]) -> GlobMatch | None:
        """Walks both branches of each `*`, breadth first: no name costs more than the rules are."""
        level: list[tuple[_Node, tuple[str, ...]]] = [(self._root, ())]
        for component in components:
            following: list[tuple[_Node, tuple[str, ...]]] = []
            for node, captures in level:
                literal = node.literal.get(component)
                if literal is not None:
                    following.append((literal, captures))
                if node.star is not None:
                    following.append((node.star, (*captures, component)))
            if not following:
                return None
            level = following
        ends = [
            GlobMatch(node.number, captures) for node, captures in level if node.number is not None
        ]
        if not ends:
            return None
        # The walk goes to a literal before a `*`, so the most specific end comes first.
        return ends[0] if self._most_specific else min(ends, key=lambda end: end.number)
