"""The order of releases: by semantic version where both have one, else by when they came. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_VERSION = re.compile(
    r"(?:(?P<package>[^\s@]+)@)?v?(?P<numbers>\d{1,18}(?:\.\d{1,18}){0,3})"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+(?P<build>[0-9A-Za-z.+-]+))?\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRelease:
    """A release and when events of it came first and last, Unix ms."""

    name: str
    first_ms: int
    last_ms: int
    events: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Version:
    """A semantic version, in its order. is_final sorts 1.0.0-rc.1 before 1.0.0.

    A build (`+42`) breaks ties when both are numbers, as mobile apps count them.
    """

    numbers: tuple[int, ...]
    is_final: bool
    pre: tuple[tuple[bool, int, str], ...]
    build: int


def read_version(release: str) -> tuple[str, Version] | None:
    """(package, version) of `package@1.2.3-rc.1+7`, `1.2.3` or `v1.2`; None for a name or hash."""
    found = _VERSION.match(release)
    if found is None:
        return None
    numbers = tuple(int(part) for part in found["numbers"].split("."))
    if len(numbers) == 1 and not found["package"]:
        return None  # a bare number is a build or a date: its arrival tells more
    pre = tuple(_identifier(part) for part in (found["pre"] or "").split(".") if part)
    build = found["build"] or ""
    return found["package"] or "", Version(
        numbers=numbers + (0,) * (4 - len(numbers)),
        is_final=not pre,
        pre=pre,
        build=int(build) if build.isdigit() and len(build) < 19 else 0,
    )


def _identifier(part: str) -> tuple[bool, int, str]:
    """Numbers sort before words, each by its own kind."""
    if part.isdigit() and len(part) < 19:
        return False, int(part), ""
    return True, 0, part


def compared(one: str, other: str) -> int | None:
    """-1, 0 or 1 as `one` is older than, equal to or newer than `other`; None: not known."""
    if one == other:
        return 0
    left, right = read_version(one), read_version(other)
    if left is None or right is None or left[0] != right[0]:
        return None
    return (left[1] > right[1]) - (left[1] < right[1])


def newest(releases: Iterable[SeenRelease]) -> SeenRelease | None:
    """The newest release: the last that came, unless one of its package has a higher version."""
    listed = sorted(releases, key=lambda one: (one.first_ms, one.last_ms, one.name))
    if not listed:
        return None
    best = listed[-1]
    for one in listed:
        if compared(one.name, best.name) == 1:
            best = one
    return best


def not_after(base: str, releases: Sequence[SeenRelease], *, including: bool) -> list[str]:
    """Releases that the versions cannot compare with `base` and that came no later than it.

    including: those that came after it too; it names what "everything until now" was.
    """
    first_ms = next((one.first_ms for one in releases if one.name == base), None)
    return [
        one.name
        for one in releases
        if one.name != base
        and compared(one.name, base) is None
        and (including or (first_ms is not None and one.first_ms <= first_ms))
    ]
