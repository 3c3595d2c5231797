"""Where alerts are sent."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, example

router = APIRouter(tags=["channels"], responses=ERRORS)


class WebhookOptions(Body):
    """url: http or https."""

    url: str = Field(min_length=8, max_length=2000)


class ChannelAnswer(Answer):
    """options: as given, secrets hidden."""

    id: int
    kind: Literal["webhook"]
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
    ms: float
    detail: str


@router.get("/projects/{project_id}/channels")
def list_channels(project_id: int) -> ChannelsAnswer:
    """Every channel of the project."""
    raise NotImplementedError


@router.post("/projects/{project_id}/channels", status_code=201)
def create_channel(project_id: int, body: NewChannelBody) -> ChannelAnswer:
    """Add a channel. Needs role admin."""
    raise NotImplementedError


@router.patch("/projects/{project_id}/channels/{channel_id}")
def change_channel(project_id: int, channel_id: int, body: ChannelPatch) -> ChannelAnswer:
    """Change a channel or switch it off. Needs role admin."""
    raise NotImplementedError


@router.delete("/projects/{project_id}/channels/{channel_id}")
def delete_channel(project_id: int, channel_id: int) -> Done:
    """Delete a channel; what waits for it is dropped and says so. Needs role admin."""
    raise NotImplementedError


@router.post("/projects/{project_id}/channels/{channel_id}/test")
async def test_channel(project_id: int, channel_id: int) -> ChannelTestAnswer:
    """Send a test message now and tell what the receiver answered. Needs role member."""
    raise NotImplementedError
