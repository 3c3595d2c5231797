"""Where alerts are sent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from watchkeeper.alerting import Channel
from watchkeeper.api.auth import AdminScope, Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.bounds import TEST_CHANNEL, enter
from watchkeeper.api.trail import note
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, example

router = LateRouter(tags=["channels"], responses=ERRORS)


class WebhookOptions(Body):
    """url: http or https."""

    url: str = Field(min_length=8, max_length=2000)


class ChannelAnswer(Answer):
    """options: as given, secrets hidden."""

    id: int
    kind: str
    name: str
    options: dict[str, object]
    enabled: bool
    created_ms: int


class ChannelsAnswer(Answer):
    """The project's channels."""

    channels: list[ChannelAnswer]


class NewChannelBody(Body):
    """A channel of one of the kinds that are built."""

    model_config = example(
        kind="webhook", name="Ops", options={"url": "https://hooks.example.com/wk"}
    )
    kind: Literal["webhook"]
    name: str = Field(min_length=1, max_length=200)
    options: WebhookOptions


class ChannelPatch(Body):
    """Fields that are left out stay as they are."""

    model_config = example(enabled=False)
    name: str | None = Field(default=None, min_length=1, max_length=200)
    options: WebhookOptions | None = None
    enabled: bool | None = None


class ChannelTestAnswer(Answer):
    """status: HTTP status the receiver answered, null without an answer; ms: how long it took."""

    ok: bool
    status: int | None
    ms: int
    detail: str


@router.get("/projects/{project_id}/channels")
def list_channels(rooms: RoomsHere, scope: ViewerScope) -> ChannelsAnswer:
    """Every channel of the project."""
    return ChannelsAnswer(channels=[_answer(each) for each in rooms.channels.list(scope)])


@router.post("/projects/{project_id}/channels", status_code=201)
def create_channel(
    rooms: RoomsHere, scope: AdminScope, caller: Caller, body: NewChannelBody
) -> ChannelAnswer:
    """Add a channel. Needs role admin."""
    made = rooms.channels.create(
        scope, kind=body.kind, name=body.name, options=body.options.model_dump()
    )
    note(rooms, scope, caller, "channel.created", made.name)
    return _answer(made)


@router.patch("/projects/{project_id}/channels/{channel_id}")
def change_channel(
    rooms: RoomsHere, scope: AdminScope, caller: Caller, channel_id: int, body: ChannelPatch
) -> ChannelAnswer:
    """Change a channel or switch it off. Needs role admin."""
    changed = rooms.channels.change(
        scope,
        channel_id,
        name=body.name,
        options=body.options.model_dump() if body.options else None,
        enabled=body.enabled,
    )
    note(rooms, scope, caller, "channel.changed", changed.name)
    return _answer(changed)


@router.delete("/projects/{project_id}/channels/{channel_id}")
def delete_channel(rooms: RoomsHere, scope: AdminScope, caller: Caller, channel_id: int) -> Done:
    """Delete a channel with the record of its deliveries. Needs role admin."""
    name = rooms.channels.get(scope, channel_id).name
    rooms.channels.delete(scope, channel_id)
    note(rooms, scope, caller, "channel.deleted", name)
    return Done()


@router.post("/projects/{project_id}/channels/{channel_id}/test")
async def test_channel(rooms: RoomsHere, scope: MemberScope, channel_id: int) -> ChannelTestAnswer:
    """Send a test message now and tell what the receiver answered. Needs role member."""
    await run_in_threadpool(enter, rooms.limiter, TEST_CHANNEL, str(scope.project_id))
    outcome = await rooms.channels.test_channel(scope, channel_id)
    return ChannelTestAnswer(
        ok=outcome.ok, status=outcome.status, ms=outcome.ms, detail=outcome.detail
    )


def _answer(channel: Channel) -> ChannelAnswer:
    return ChannelAnswer(
        id=channel.id,
        kind=channel.kind,
        name=channel.name,
        options=dict(channel.options),
        enabled=channel.enabled,
        created_ms=channel.created_ms,
    )
