"""What every format of a profile is read as."""

from __future__ import annotations

from dataclasses import dataclass, field

from watchkeeper.lib.errors import Invalid

MOST_SAMPLES = 2_000_000
DEEPEST = 1_000

_LIBRARIES = (
    "site-packages",
    "dist-packages",
    "node_modules",
    "/pkg/mod/",
    "/vendor/",
    "/usr/lib/",
    "/usr/local/go/",
    "lib/python",
    "node:",
    "<frozen ",
)


class BadProfile(Invalid):
    """The profile cannot be read; the sentence says what is wrong with it."""

    code = "bad_profile"


@dataclass(frozen=True, slots=True)
class Frame:
    """A function. Two frames are the same if function, module and file are."""

    function: str
    module: str
    file: str
    line: int
    in_app: bool

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.function, self.module, self.file


@dataclass(frozen=True, slots=True)
class Sample:
    """A stack, outermost first, as numbers of frames; its weight and thread."""

    frames: tuple[int, ...]
    weight: int
    thread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacks:
    """A profile of one kind. kinds: what else it measured. main_thread: empty if none is named.

    unit: nanoseconds, bytes or count. thread_names: by id, where they have one.
    """

    frames: list[Frame]
    samples: list[Sample]
    unit: str
    kind: str
    kinds: list[str]
    main_thread: str = ""
    thread_names: dict[str, str] = field(default_factory=dict)


def looks_in_app(function: str, file: str) -> bool:
    """Whether code is the project's own, where the profiler does not say."""
    return bool(file or function) and not any(each in file for each in _LIBRARIES)
