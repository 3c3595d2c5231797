"""A process that reads hostile input, so that whatever happens happens to it."""

from __future__ import annotations

import mmap
import re
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from random import Random
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from tests.fuzz.mutate import LONGEST, mutated
from tests.fuzz.planted import target_named

if TYPE_CHECKING:
    from _typeshed import TraceFunction

    from tests.fuzz.target import Run, Target

BOARD_BYTES = 2**17
"""What parent and worker share: inputs done, and the one being read."""
_HEAD = struct.Struct("<QI")
_MEMORY_BYTES = 2**30
"""What a worker may take beyond what it begins with."""
_TRACED = 48
"""One input of so many is traced, which costs ten times as much; others follow its finds."""
_FRESH = 0.05
_MOST_KEPT = 400


class TooSlow(BaseException):
    """An input took more processor time than its target allows."""


@dataclass(frozen=True, slots=True)
class Task:
    """Inputs to be made and read. corpus: found by others. known: signatures not to stop at."""

    target: str
    seed: int
    count: int
    until: float
    corpus: Sequence[bytes] = ()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Check:
    """One input to be read again. Answered by a signature, or None."""

    target: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """An input, and what it did. signature: the same for the same fault."""

    target: str
    data: bytes
    signature: str
    text: str


@dataclass(slots=True)
class Report:
    """What became of a task. kept: inputs that reached new lines."""

    target: str
    done: int = 0
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    kept: list[bytes] = field(default_factory=list)
    finding: Finding | None = None
    lines: int = 0


class Board:
    """A stretch of a file that the parent reads even after the worker died."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), BOARD_BYTES)

    def show(self, done: int, data: bytes) -> None:
        """Say what is being read."""
        size = _HEAD.size
        _HEAD.pack_into(self._map, 0, done, len(data))
        self._map[size : size + len(data)] = data

    def seen(self) -> tuple[int, bytes]:
        """Inputs done, and the one being read."""
        done, length = _HEAD.unpack_from(self._map, 0)
        return done, bytes(self._map[_HEAD.size : _HEAD.size + length])


class Lines:
    """Which lines of the product have run, told of sampled inputs."""

    def __init__(self) -> None:
        self.seen: set[tuple[CodeType, int]] = set()
        self._fresh = False

    def are_new(self, read: Callable[[], object]) -> bool:
        """Read, and tell whether that reached a line for the first time."""
        self._fresh = False
        sys.settrace(self._enter)
        try:
            read()
        finally:
            sys.settrace(None)
        return self._fresh

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> TraceFunction | None:
        return self._line if "/watchkeeper/" in frame.f_code.co_filename else None

    def _line(self, frame: FrameType, _event: str, _arg: object) -> TraceFunction | None:
        place = (frame.f_code, frame.f_lineno)
        if place not in self.seen:
            self.seen.add(place)
            self._fresh = True
        return self._line


class Reader:
    """One target, read within its bounds."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._run: Run = target.make()

    def read(self, data: bytes) -> Finding | str:
        """What became of one input: "" if it was refused as documented."""
        signal.setitimer(signal.ITIMER_PROF, self.target.cpu_limit_s)
        try:
            return self._run(data) or "accepted"
        except self.target.refusals as error:
            f"{error}".encode()
            return ""
        except (Exception, TooSlow) as error:
            return Finding(self.target.name, data, signature_of(error), traceback.format_exc())
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def signature_of(error: BaseException) -> str:
    """Kind of error and the place in the product that raised it, or for hangs the outermost one."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/watchkeeper/" in f.filename] or frames
    place = ours[0] if isinstance(error, TooSlow | MemoryError | RecursionError) else ours[-1]
    file = place.filename.rpartition("/watchkeeper/")[2] or place.filename.rpartition("/")[2]
    text = re.sub(r"'[^']*'|\"[^\"]*\"|\W+|\d+", " ", str(error))[:40].strip()
    detail = f" {text}" if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} {file}:{place.name}{detail}"


def serve(connection: Connection, board_path: str) -> None:
    """Do tasks until the parent closes the pipe. The entry point of a worker."""
    board = Board(board_path)
    bounded = False
    warnings.simplefilter("error")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, _too_slow)
    while True:
        try:
            task: Task | Check = connection.recv()
        except EOFError:
            return
        target = target_named(task.target)
        if not bounded:
            bounded = _bound_memory()
        if isinstance(task, Check):
            board.show(0, task.data)
            found = Reader(target).read(task.data)
            connection.send(found.signature if isinstance(found, Finding) else None)
        else:
            connection.send(hunted(target, task, board))


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow("it took too long")


def _bound_memory() -> bool:
    with open("/proc/self/statm", encoding="ascii") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    limit = taken + _MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return True


def hunted(target: Target, task: Task, board: Board) -> Report:
    """Make inputs and read them, until the count is full, time is up or a new fault is found."""
    rng, reader, lines = Random(task.seed), Reader(target), Lines()
    report = Report(target.name)
    corpus = [*target.seeds(), *task.corpus, *(target.generate(rng) for _ in range(40))]
    began, recent = time.process_time(), len(corpus)
    for number in range(task.count):
        data = _input(rng, target, corpus, recent)
        board.show(number, data)
        found = _read(reader, lines, data, report, corpus, is_traced=number % _TRACED == 0)
        report.done += 1
        if isinstance(found, Finding) and found.signature not in task.known:
            report.finding = found
            break
        if number % 64 == 0 and time.monotonic() > task.until:
            break
    report.seconds = time.process_time() - began
    report.lines = len(lines.seen)
    return report


def _input(rng: Random, target: Target, corpus: list[bytes], recent: int) -> bytes:
    if rng.random() < _FRESH:
        return target.generate(rng)[:LONGEST]
    finds = corpus[recent:]
    return mutated(rng, target, finds if finds and rng.random() < 0.3 else corpus)


def _read(
    reader: Reader,
    lines: Lines,
    data: bytes,
    report: Report,
    corpus: list[bytes],
    *,
    is_traced: bool,
) -> Finding | str:
    if not is_traced:
        found = reader.read(data)
    else:
        answers: list[Finding | str] = []
        if (
            lines.are_new(lambda: answers.append(reader.read(data)))
            and len(report.kept) < _MOST_KEPT
        ):
            report.kept.append(data)
            corpus.append(data)
        found = answers[0]
        if isinstance(found, Finding):  # tracing is slow: only what fails without it counts
            found = reader.read(data)
    report.refused += found == ""
    report.accepted += isinstance(found, str) and found != ""
    return found
