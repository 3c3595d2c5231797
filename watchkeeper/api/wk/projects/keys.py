"""Ingest keys of a project."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from watchkeeper.access import KeyKind, KeyRecord
from watchkeeper.api.auth import Caller, RoomsHere
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example

router = LateRouter(tags=["keys"], responses=ERRORS)

KeyKindName = Literal["public", "server"]


class KeyAnswer(Answer):
    """key: 32 hex digits. allowed_origins: of browsers that may send; empty allows all."""

    id: int
    kind: KeyKindName
    key: str
    label: str
    enabled: bool
    allowed_origins: list[str]
    created_ms: int
    last_used_ms: int | None


class KeysAnswer(Answer):
    """The project's keys."""

    keys: list[KeyAnswer]


class NewKeyBody(Body):
    """kind public may be shipped to browsers; kind server may send every signal."""

    model_config = example(kind="public", label="Browser")
    kind: KeyKindName
    label: str = Field(min_length=1, max_length=200)


class KeyPatch(Body):
    """Fields that are left out stay as they are."""

    model_config = example(enabled=False)
    enabled: bool | None = None
    label: str | None = Field(default=None, max_length=200)
    allowed_origins: list[str] | None = Field(default=None, max_length=50)


@router.get("/projects/{project_id}/keys")
def list_keys(rooms: RoomsHere, caller: Caller, project_id: int) -> KeysAnswer:
    """Every key of the project. Needs role member."""
    return KeysAnswer(keys=[_answer(each) for each in rooms.access.keys(caller, project_id)])


@router.post("/projects/{project_id}/keys", status_code=201)
def create_key(rooms: RoomsHere, caller: Caller, project_id: int, body: NewKeyBody) -> KeyAnswer:
    """Make a key. Needs role admin."""
    kind = KeyKind(body.kind)
    return _answer(rooms.access.create_key(caller, project_id, kind=kind, label=body.label))


@router.patch("/projects/{project_id}/keys/{key_id}")
def change_key(
    rooms: RoomsHere, caller: Caller, project_id: int, key_id: int, body: KeyPatch
) -> KeyAnswer:
    """Switch a key on or off, label it, or set its origins. Needs role admin."""
    return _answer(
        rooms.access.update_key(
            caller,
            project_id,
            key_id,
            enabled=body.enabled,
            label=body.label,
            allowed_origins=body.allowed_origins,
        )
    )


@router.post("/projects/{project_id}/keys/{key_id}/rotate")
def rotate_key(rooms: RoomsHere, caller: Caller, project_id: int, key_id: int) -> KeyAnswer:
    """Replace the key's digits; the old ones stop within a second. Needs role admin."""
    return _answer(rooms.access.rotate_key(caller, project_id, key_id))


def _answer(key: KeyRecord) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        kind=key.kind.value,
        key=key.key,
        label=key.label,
        enabled=key.enabled,
        allowed_origins=list(key.allowed_origins),
        created_ms=key.created_ms,
        last_used_ms=key.last_used_ms,
    )
