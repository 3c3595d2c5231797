"""Places in a record by path: `request.headers.x-foo`, `extra.*`, `**.card`, `tags."a.b"`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from watchkeeper.privacy.walk import MAX_DEPTH, Json

ANY = "*"
DEEP = "**"
Container: TypeAlias = "dict[str, Json] | list[Json]"
_At: TypeAlias = "tuple[Container, int, str, int]"
"""A container, the step that is looked for in it, its path as written, its depth."""
_STEP = re.compile(r"\"(?P<quoted>[^\"]+)\"|(?P<plain>[^.\"\s]+)")
_MAX_STEPS = 30


class BadPath(ValueError):
    """The path cannot be read. position: character, from 0."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position, self.reason = position, reason


@dataclass(frozen=True, slots=True)
class Path:
    """steps: lower-case names, `*` for any one, `**` for any number; a list's items have no step of
    their own: `breadcrumbs.values.message` means that of each.
    """

    steps: tuple[str, ...]

    def matches(self, steps: tuple[str, ...]) -> bool:
        """True if the path names exactly the place that these steps lead to."""
        return _matches(self.steps, tuple(step.lower() for step in steps))


def parse_path(text: str) -> Path:
    """Raises BadPath."""
    steps: list[str] = []
    at = 0
    while True:
        match = _STEP.match(text, at)
        if match is None:
            raise BadPath(at, "A name, `*` or `**` belongs here; quote names that hold a dot.")
        steps.append((match["quoted"] or match["plain"]).lower())
        at = match.end()
        if at == len(text):
            break
        if text[at] != ".":
            raise BadPath(at, "A dot belongs between the steps of a path.")
        at += 1
    if len(steps) > _MAX_STEPS:
        raise BadPath(0, f"A path has at most {_MAX_STEPS} steps.")
    if steps[-1] == DEEP:
        raise BadPath(text.rindex(DEEP), "`**` needs a name behind it; `*` names all fields.")
    return Path(tuple(steps))


def places(
    root: dict[str, Json], path: Path, *, deepest: int = MAX_DEPTH
) -> Iterator[tuple[Container, str | int, str]]:
    """Container, key and written path of each value that the path names, down to `deepest`.

    The containers may be changed meanwhile. Cost: each container once for each step.
    """
    seen: set[tuple[int, int]] = set()
    stack: list[_At] = [(root, 0, "", 0)]
    while stack:
        node, step, written, depth = stack.pop()
        if depth > deepest or (id(node), step) in seen:
            continue
        seen.add((id(node), step))
        wanted, is_last = path.steps[step], step == len(path.steps) - 1
        if is_last and _is_pair(node, wanted):
            yield node, 1, f"{written}.1"
        if wanted == DEEP:
            stack.append((node, step + 1, written, depth))
        for key, value in _items(node):
            where = f"{written}.{key}" if written else str(key)
            if is_last and _names(wanted, key, value):
                yield node, key, where
            elif isinstance(value, dict | list):
                further = _step_behind(wanted, step, key)
                if further is not None:
                    stack.append((value, further, where, depth + 1))


def _names(wanted: str, key: str | int, value: Json) -> bool:
    """True if the last step of a path names this entry."""
    if isinstance(key, int):
        return wanted == ANY and not isinstance(value, dict | list)
    return wanted == ANY or (wanted != DEEP and key.lower() == wanted)


def _step_behind(wanted: str, step: int, key: str | int) -> int | None:
    """Which step is looked for inside the container at this key; None: none."""
    if wanted == DEEP or isinstance(key, int):
        return step
    return step + 1 if wanted == ANY or key.lower() == wanted else None


def _is_pair(node: Container, name: str) -> bool:
    """True for a header, cookie or tag of this name that is sent as `[name, value]`."""
    if not isinstance(node, list) or len(node) != 2 or not isinstance(node[0], str):
        return False
    return node[0].lower() == name


def _items(node: Container) -> Iterator[tuple[str | int, Json]]:
    return iter(list(node.items() if isinstance(node, dict) else enumerate(node)))


def _matches(wanted: tuple[str, ...], steps: tuple[str, ...]) -> bool:
    reached = {0}
    for step in steps:
        after: set[int] = set()
        for at in _closed(wanted, reached):
            if at < len(wanted):
                if wanted[at] == DEEP:
                    after.add(at)
                elif wanted[at] in {ANY, step}:
                    after.add(at + 1)
        reached = after
    return len(wanted) in reached


def _closed(wanted: tuple[str, ...], reached: set[int]) -> set[int]:
    """Also what stands behind each `**`, which may be no step at all."""
    found: set[int] = set()
    for start in reached:
        end = start
        while end < len(wanted) and wanted[end] == DEEP:
            end += 1
        found.update(range(start, end + 1))
    return found
