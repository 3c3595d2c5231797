"""Erases people while the server runs: what commands and the API ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from watchkeeper.app.erase import ErasedFrom, EraseRequest, EraseStep, Stores, erase
from watchkeeper.privacy import ErasureRequest, ErasureStep, FoundRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """digest_gate: held by the digest while it writes. forget: empties what is kept in memory."""

    stores: Stores
    digest_gate: AbstractContextManager[object]
    forget: Callable[[], None]

    def __call__(self, request: EraseRequest) -> Iterator[EraseStep]:
        """Take a person out of every store, with the digest paused while rows go."""
        yield from erase(request, self.stores, digest_paused=self.digest_gate, forget=self.forget)

    def of_project(self, request: ErasureRequest) -> Iterator[ErasureStep]:
        """The same in one project."""
        asked = EraseRequest(
            user=request.user, projects=(request.project_id,), dry_run=request.is_dry_run
        )
        for step in self(asked):
            yield ErasureStep(
                done=step.done,
                total=step.total,
                what=step.what,
                found=_rows(step.erased),
                left=_rows(step.left),
                notes=step.notes,
                backups_ms=tuple(backup.at_ms for backup in step.backups),
            )


def _rows(places: tuple[ErasedFrom, ...]) -> tuple[FoundRows, ...]:
    return tuple(FoundRows(store=p.store, place=p.place, rows=p.rows) for p in places)
