"""Taking a person out of a project, and looking before what that would take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from watchkeeper.api.auth import AdminScope, Caller, RoomsHere
from watchkeeper.api.trail import note
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example
from watchkeeper.privacy import Erasure, ErasureRequest, ErasureState, hashed

router = LateRouter(tags=["privacy"], responses=ERRORS)


class ErasureBody(Body):
    """user: an id, a name or an e-mail address. dry_run: only look what there is."""

    model_config = example(user="ada@example.org", dry_run=True)
    user: Annotated[str, Field(min_length=1, max_length=500)]
    dry_run: bool = True


class PlaceAnswer(Answer):
    """store: columns, meta, blobs or spool; place: a table or the key of a blob."""

    store: str
    place: str
    rows: int


class ErasureAnswer(Answer):
    """found: what there is (dry_run) or was erased; of the last step. left: what is still there.

    notes: what no search can find. backups_ms: when backups were made that may hold the person.
    error: why it failed.
    """

    dry_run: bool
    started_ms: int
    state: ErasureState
    done: int
    total: int
    step: str
    found: list[PlaceAnswer]
    left: list[PlaceAnswer]
    notes: list[str]
    backups_ms: list[int]
    error: str


class LastErasureAnswer(Answer):
    """erasure: the one begun last in this project; null if none was since the server started."""

    erasure: ErasureAnswer | None


@router.get("/projects/{project_id}/erasures/last")
def get_last_erasure(rooms: RoomsHere, _scope: AdminScope, project_id: int) -> LastErasureAnswer:
    """How far the last erasure is. Needs role admin."""
    last = rooms.erasures.last_of(project_id)
    return LastErasureAnswer(erasure=None if last is None else _answer(last))


@router.post("/projects/{project_id}/erasures", status_code=202)
def start_erasure(
    rooms: RoomsHere, caller: Caller, scope: AdminScope, project_id: int, body: ErasureBody
) -> ErasureAnswer:
    """Begin to erase a person from this project, or to look what that would take.

    It goes on in the background; one at a time on a server. Needs role admin.
    """
    request = ErasureRequest(project_id=project_id, user=body.user.strip(), is_dry_run=body.dry_run)
    begun = rooms.erasures.start(request)
    # The log outlives the person's data: it tells who it was only to who knows the id.
    person = hashed(request.user, rooms.options.salt)
    action = "person.searched" if body.dry_run else "person.erased"
    note(rooms, scope, caller, action, str(project_id), facts={"person": person})
    return _answer(begun)


def _answer(erasure: Erasure) -> ErasureAnswer:
    step = erasure.step
    return ErasureAnswer(
        dry_run=erasure.is_dry_run,
        started_ms=erasure.started_ms,
        state=erasure.state,
        done=step.done,
        total=step.total,
        step=step.what,
        found=[PlaceAnswer(store=p.store, place=p.place, rows=p.rows) for p in step.found],
        left=[PlaceAnswer(store=p.store, place=p.place, rows=p.rows) for p in step.left],
        notes=list(step.notes),
        backups_ms=list(step.backups_ms),
        error=erasure.error,
    )
