"""Which commits may have caused an error: those that changed the files it came through. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.artifacts.releases.types import Commit

_MOST = 5
_MOST_FRAMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A commit and why it is suspected.

    path: the file that it changed; frame: the path of the call, and depth: how far that is from
    where it happened (0: right there). parts: how many trailing parts of the two paths are equal.
    """

    commit: Commit
    path: str
    frame: str
    depth: int
    parts: int


def suspects_of(own_paths: Sequence[str], commits: Sequence[Commit]) -> list[Suspect]:
    """The likeliest first, at most five.

    own_paths: files of the people's own frames, the innermost first. commits: the newest first.
    A file counts if its name and its folder are the same, or if it has no folder.
    """
    found: dict[str, tuple[tuple[int, int, int], Suspect]] = {}
    paths = list(dict.fromkeys(own_paths))[:_MOST_FRAMES]
    for age, commit in enumerate(commits):
        for path, _kind in commit.files:
            for depth, frame in enumerate(paths):
                parts = _equal_parts(path, frame)
                if not parts:
                    continue
                rank = (depth, -parts, age)
                if commit.id not in found or rank < found[commit.id][0]:
                    suspect = Suspect(
                        commit=commit, path=path, frame=frame, depth=depth, parts=parts
                    )
                    found[commit.id] = (rank, suspect)
    return [suspect for _rank, suspect in sorted(found.values(), key=lambda one: one[0])][:_MOST]


def _equal_parts(path: str, frame: str) -> int:
    """How many trailing parts are equal; 0 if too few to be the same file."""
    one, other = _parts(path), _parts(frame)
    equal = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        equal += 1
    return equal if equal >= min(2, len(one), len(other)) and equal else 0


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in {"", ".", "..", "~"}]
