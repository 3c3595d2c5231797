"""Shares targets out among workers, watches them, and makes what they find small."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tests.fuzz.target import Target
from tests.fuzz.worker import BOARD_BYTES, Board, Check, Finding, Report, Task, serve

GOLDEN = Path(__file__).parents[1] / "golden/fuzz"
"""An input a file, in a folder named for the target; read by every test run."""
_CHUNK = 20_000
"""Inputs of a task, of a target with a share of 100."""
_STUCK_S = 60.0
"""Wall time without one input done: the worker is stuck where Python cannot interrupt it."""
_MOST_CHECKS = 300
_MOST_CORPUS = 1_000
DIED, STUCK = "the process died", "the process is stuck"


@dataclass(slots=True)
class Tally:
    """What was done to one target so far."""

    target: Target
    wanted: int
    done: int = 0
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    given: int = 0
    corpus: list[bytes] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)


class Worker:
    """A child process with its pipe and its board."""

    def __init__(self, folder: str, number: int) -> None:
        self._path = f"{folder}/board-{number}"
        with open(self._path, "wb") as file:
            file.truncate(BOARD_BYTES)
        self.board = Board(self._path)
        self.task: Task | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._path), daemon=True)
        self._process.start()
        theirs.close()
        self._seen, self._seen_at = (-1, b""), time.monotonic()

    def ask(self, task: Task) -> None:
        """Begin a task; its report comes through the pipe."""
        self.task = task
        self._seen, self._seen_at = (-1, b""), time.monotonic()
        self.connection.send(task)

    def is_stuck(self) -> bool:
        """True after a minute without progress."""
        seen = self.board.seen()
        if seen != self._seen:
            self._seen, self._seen_at = seen, time.monotonic()
        return time.monotonic() - self._seen_at > _STUCK_S

    def report(self) -> Report:
        """What the task came to, if there is something in the pipe or the process is gone."""
        task, self.task = self.task, None
        assert task is not None
        try:
            report: Report = self.connection.recv()
            return report
        except (EOFError, OSError):
            return self._lost(task, DIED)

    def give_up(self) -> Report:
        """End a stuck process; its input is the finding."""
        task, self.task = self.task, None
        assert task is not None
        self._process.kill()
        return self._lost(task, STUCK)

    def _lost(self, task: Task, what: str) -> Report:
        done, data = self.board.seen()
        self._process.join()
        signature = f"{what} in {task.target}"
        text = f"{what} with exit code {self._process.exitcode}"
        self._start()
        finding = Finding(task.target, data, signature, text)
        return Report(task.target, done=done + 1, finding=finding)

    def signature(self, target: str, data: bytes) -> str | None:
        """What one input does, None if nothing is wrong with it."""
        try:
            self.connection.send(Check(target, data))
            if self.connection.poll(_STUCK_S):
                found: str | None = self.connection.recv()
                return found
            self._process.kill()
            what = STUCK
        except (EOFError, OSError):
            what = DIED
        self._process.join()
        self._start()
        return f"{what} in {target}"

    def close(self) -> None:
        """End the process."""
        self.connection.close()
        self._process.join(5)
        self._process.kill()


def minimised(worker: Worker, finding: Finding) -> Finding:
    """The smallest input found that does the same: halves, then less and less, are left out."""
    data, size, left = finding.data, max(1, len(finding.data) // 2), _MOST_CHECKS
    while size and left > 0:
        at = 0
        while at < len(data) and left > 0:
            shorter = data[:at] + data[at + size :]
            left -= 1
            if worker.signature(finding.target, shorter) == finding.signature:
                data = shorter
            else:
                at += size
        size //= 2
    return Finding(finding.target, data, finding.signature, finding.text)


def saved(finding: Finding, folder: Path = GOLDEN) -> Path:
    """Write the input where every test run reads it."""
    name = hashlib.sha256(finding.data).hexdigest()[:16]
    path = folder / finding.target / f"{name}.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(finding.data)
    return path


@dataclass(slots=True, kw_only=True)
class Campaign:
    """Inputs for targets. inputs: of all of them. until: monotonic seconds. told: after each
    report, for the progress bar. keep: folder of the findings, None to keep none."""

    targets: Sequence[Target]
    inputs: int
    until: float
    seed: int
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    told: Callable[[Sequence[Tally]], None] = lambda _: None
    keep: Path | None = GOLDEN

    def run(self) -> list[Tally]:
        """Returns when the inputs are done or time is up."""
        shares = sum(target.share for target in self.targets)
        tallies = [
            Tally(target, max(1, self.inputs * target.share // shares)) for target in self.targets
        ]
        with tempfile.TemporaryDirectory() as folder:
            workers = [Worker(folder, number) for number in range(self.jobs)]
            try:
                self._share_out(workers, tallies, self._tasks(tallies))
            finally:
                for worker in workers:
                    worker.close()
        return tallies

    def _tasks(self, tallies: Sequence[Tally]) -> Iterator[Task]:
        """Chunks of all targets by turns, so that each gets its share whenever time is up."""
        number = 0
        rounds = max(1, min(self.inputs // 20_000, 1_000))
        while any(tally.given < tally.wanted for tally in tallies):
            for tally in tallies:
                most = min(-(-tally.wanted // rounds), _CHUNK * tally.target.share // 100)
                count = min(max(most, 1), tally.wanted - tally.given)
                if count <= 0:
                    continue
                tally.given += count
                number += 1
                known, corpus = frozenset(tally.findings), tuple(tally.corpus)
                seed = self.seed * 1_000_003 + number
                yield Task(tally.target.name, seed, count, self.until, corpus, known)

    def _share_out(
        self, workers: list[Worker], tallies: Sequence[Tally], tasks: Iterator[Task]
    ) -> None:
        by_name = {tally.target.name: tally for tally in tallies}
        idle = list(workers)
        while True:
            while idle and time.monotonic() < self.until:
                task = next(tasks, None)
                if task is None:
                    break
                idle.pop().ask(task)
            busy = [worker for worker in workers if worker.task is not None]
            if not busy:
                return
            for worker, report in self._reports(busy):
                self._take(by_name[report.target], report, worker)
                idle.append(worker)
            self.told(tallies)

    def _reports(self, busy: list[Worker]) -> Iterator[tuple[Worker, Report]]:
        by_pipe: dict[Connection, Worker] = {worker.connection: worker for worker in busy}
        ready = wait(list(by_pipe), timeout=1.0)
        for worker in busy:
            if worker.connection in ready:
                yield worker, worker.report()
            elif worker.is_stuck():
                yield worker, worker.give_up()

    def _take(self, tally: Tally, report: Report, worker: Worker) -> None:
        tally.done += report.done
        tally.accepted += report.accepted
        tally.refused += report.refused
        tally.seconds += report.seconds
        tally.corpus = [*tally.corpus, *report.kept][-_MOST_CORPUS:]
        found = report.finding
        if found is None or found.signature in tally.findings:
            return
        small = minimised(worker, found)
        tally.findings[found.signature] = small
        if self.keep is not None:
            saved(small, self.keep)
