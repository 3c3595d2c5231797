"""One erasure of a person at a time, in the background, and what is known of the last ones."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Conflict, WatchkeeperError

_log = logging.getLogger(__name__)


class ErasureState(StrEnum):
    """How far an erasure is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRows:
    """store: columns, meta, blobs or spool; place: a table or a key."""

    store: str
    place: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureStep:
    """A step that is done. found: what there is, or was erased; left: what is still there."""

    done: int
    total: int
    what: str
    found: tuple[FoundRows, ...] = ()
    left: tuple[FoundRows, ...] = ()
    notes: tuple[str, ...] = ()
    backups_ms: tuple[int, ...] = ()
    """When each backup was made that may hold the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """An erasure, or, as a dry run, a look at what it would take. It does not say of whom."""

    project_id: int
    is_dry_run: bool
    started_ms: int
    state: ErasureState
    step: ErasureStep
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequest:
    """user: by any id. is_dry_run: only look what there is."""

    project_id: int
    user: str
    is_dry_run: bool


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="erasure", daemon=True).start()


class Erasures:
    """Runs erasures, one at a time on this server, as each reads all that is stored."""

    def __init__(
        self,
        run: Callable[[ErasureRequest], Iterator[ErasureStep]],
        clock: Clock,
        spawn: Callable[[Callable[[], None]], None] = _in_thread,
    ) -> None:
        """run: does the work, step by step. spawn: has it done in the background."""
        self._run, self._clock, self._spawn = run, clock, spawn
        self._lock = threading.Lock()
        self._is_busy = False
        self._last: dict[int, Erasure] = {}

    def last_of(self, project_id: int) -> Erasure | None:
        """The erasure of this project that was begun last, since the server started."""
        return self._last.get(project_id)

    def start(self, request: ErasureRequest) -> Erasure:
        """Begin one. Raises Conflict while another one runs."""
        with self._lock:
            if self._is_busy:
                raise Conflict("Another erasure runs on this server. Try again when it is done.")
            self._is_busy = True
        begun = Erasure(
            project_id=request.project_id,
            is_dry_run=request.is_dry_run,
            started_ms=self._clock(),
            state=ErasureState.RUNNING,
            step=ErasureStep(done=0, total=1, what="searching"),
        )
        self._last[request.project_id] = begun
        self._spawn(partial(self._work, request, begun))
        return begun

    def _work(self, request: ErasureRequest, erasure: Erasure) -> None:
        error = ""
        try:
            for step in self._run(request):
                erasure = replace(erasure, step=step)
                self._last[request.project_id] = erasure
        except WatchkeeperError as refusal:
            error = str(refusal)
        except Exception:  # a thread's top: nobody else would tell
            _log.exception("an erasure failed")
            error = "It failed; the server's log says why. Erasing again continues it."
        state = ErasureState.FAILED if error else ErasureState.DONE
        self._is_busy = False
        self._last[request.project_id] = replace(erasure, state=state, error=error)
