"""For how many days a project keeps what it sends."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from watchkeeper.access import audit
from watchkeeper.api.auth import AdminScope, Caller, RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example
from watchkeeper.lib.errors import Invalid
from watchkeeper.privacy import days_of, put_days, rows_by_table
from watchkeeper.store.columns import TableSize

router = LateRouter(tags=["privacy"], responses=ERRORS)


class SignalDays(Answer):
    """days: what the project asks for; null: the server's default_days hold."""

    signal: str
    days: int | None
    default_days: int


class RetentionAnswer(Answer):
    """longest_days: most that a project may ask for."""

    signals: list[SignalDays]
    longest_days: int


class SignalSize(Answer):
    """bytes: on disk, the project's share of each table by its rows, and all of its blobs."""

    signal: str
    rows: int
    bytes: int


class SizesAnswer(Answer):
    """What each signal takes now."""

    signals: list[SignalSize]


class RetentionBody(Body):
    """Signal → days; a signal that is not named takes the server's."""

    model_config = example(days={"errors": 60, "logs": 3})
    days: dict[str, Annotated[int, Field(ge=1)]]


@router.get("/projects/{project_id}/retention")
def get_retention(rooms: RoomsHere, _scope: ViewerScope, project_id: int) -> RetentionAnswer:
    """For how many days each signal is kept."""
    return _answer(rooms, project_id)


@router.get("/projects/{project_id}/retention/sizes")
def get_retention_sizes(rooms: RoomsHere, scope: ViewerScope, project_id: int) -> SizesAnswer:
    """What each signal of the project takes on disk now."""
    del project_id  # the scope names it
    wanted = rooms.options.signal_tables
    tables = [table for named in wanted.values() for table in named]
    stored = rows_by_table(rooms.columns, scope, tables)
    whole = {size.table: size for size in rooms.columns.sizes()}
    taken = {
        name: each.blob_bytes + _share(each.rows, whole.get(name)) for name, each in stored.items()
    }
    return SizesAnswer(
        signals=[
            SignalSize(
                signal=signal,
                rows=stored[named[0]].rows,
                bytes=sum(taken[table] for table in named),
            )
            for signal, named in wanted.items()
        ]
    )


def _share(rows: int, whole: TableSize | None) -> int:
    return round(whole.bytes_on_disk * rows / whole.rows) if whole and whole.rows else 0


@router.put("/projects/{project_id}/retention")
def put_retention(
    rooms: RoomsHere, caller: Caller, scope: AdminScope, project_id: int, body: RetentionBody
) -> RetentionAnswer:
    """Keep signals for other days than the server does. Needs role admin.

    What is older than a shorter policy is deleted within hours, a few days of rows at a time.
    """
    known, longest = rooms.options.signal_days, rooms.options.longest_days
    for signal, days in body.days.items():
        if signal not in known:
            raise Invalid(f"There is no signal {signal!r}; name one of {', '.join(known)}.")
        if days > longest:
            raise Invalid(f"{signal} may be kept for at most {longest} days, not {days}.")
    with rooms.meta.write() as conn:
        put_days(conn, project_id, body.days)
        audit(
            conn,
            org_id=scope.org_id,
            at_ms=rooms.clock(),
            actor=caller.email,
            action="retention.changed",
            target=str(project_id),
            facts=body.days,
        )
    return _answer(rooms, project_id)


def _answer(rooms: Rooms, project_id: int) -> RetentionAnswer:
    own = days_of(rooms.meta, project_id)
    return RetentionAnswer(
        signals=[
            SignalDays(signal=signal, days=own.get(signal), default_days=default)
            for signal, default in rooms.options.signal_days.items()
        ],
        longest_days=rooms.options.longest_days,
    )
