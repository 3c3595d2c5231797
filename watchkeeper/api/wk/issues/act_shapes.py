"""Bodies of what people do to issues."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from watchkeeper.api.wk.shapes import Answer, Body, example
from watchkeeper.model import Severity

StatusName = Literal["unresolved", "resolved", "ignored"]
ResolvedInName = Literal["now", "next_release", "release", "commit"]
MOST_AT_ONCE = 200


class Resolution(Answer):
    """In what an issue was called fixed. release: for next_release the newest at that time."""

    kind: ResolvedInName
    release: str
    commit: str


class Ignoring(Answer):
    """Until what an issue is ignored; every limit null: for ever. seen_events: so many came since.

    is_escalating: events and window_ms were derived from what was usual then.
    """

    until_ms: int | None
    events: int | None
    window_ms: int | None
    users: int | None
    is_escalating: bool
    seen_events: int


class ResolveBody(Body):
    """release is needed for kind release, commit for kind commit."""

    model_config = example(kind="next_release")
    kind: ResolvedInName = "now"
    release: str = Field(default="", max_length=250)
    commit: str = Field(default="", max_length=64)


class IgnoreBody(Body):
    """The first condition that is met ends it; none: for ever.

    for_ms is from now; events in window_ms if that is given; until_escalating: until it comes
    much more often than in the week before.
    """

    model_config = example(events=100, window_ms=3_600_000)
    until_ms: int | None = Field(default=None, ge=0)
    for_ms: int | None = Field(default=None, ge=60_000, le=366 * 86_400_000)
    events: int | None = Field(default=None, ge=1, le=10**9)
    window_ms: int | None = Field(default=None, ge=60_000, le=30 * 86_400_000)
    users: int | None = Field(default=None, ge=1, le=10_000)
    until_escalating: bool = False


class IssuePatch(Body):
    """Fields that are left out stay as they are; assignee_email "" takes the assignee away.

    assignee_email: an address, or me. resolve sets the status resolved, ignore ignored.
    """

    model_config = example(resolve={"kind": "next_release"})
    status: StatusName | None = None
    severity: Severity | None = None
    assignee_email: str | None = Field(default=None, max_length=254)
    resolve: ResolveBody | None = None
    ignore: IgnoreBody | None = None


class BulkBody(IssuePatch):
    """The same change for every issue named, or for every issue that a search finds.

    With short_ids the search is not looked at; else q, env, release, from and to are those of the
    list, and at most 1,000 issues are changed at once: `remaining` says how many are left.
    """

    model_config = example(short_ids=["WEB-1", "WEB-2"], status="resolved")
    short_ids: list[str] = Field(default_factory=list, max_length=MOST_AT_ONCE)
    q: str | None = Field(default=None, max_length=500)
    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)
    from_: int | None = Field(default=None, alias="from", ge=0)
    to: int | None = Field(default=None, ge=0)


class BulkAnswer(Answer):
    """changed: issues that differ from before. remaining: found but over what is done at once.

    undo: what to send to `/issues/undo` within an hour; null when nothing changed.
    """

    changed: int
    remaining: int = 0
    undo: int | None = None


class UndoBody(Body):
    """The number that a change answered with."""

    model_config = example(undo=12)
    undo: int = Field(ge=1)


class UndoAnswer(Answer):
    """changed: issues taken back; kept: issues that somebody changed since, left as they are."""

    changed: int
    kept: int


class MergeBody(Body):
    """The issues become part of `into`, which keeps its number."""

    model_config = example(into="WEB-1", short_ids=["WEB-2", "WEB-3"])
    into: str = Field(max_length=100)
    short_ids: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)


class UnmergeBody(Body):
    """Issues that were merged into this one and become issues of their own again."""

    model_config = example(short_ids=["WEB-2"])
    short_ids: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)


class MergedIssue(Answer):
    """An issue that is part of another one. events: stored ones of its own fingerprint."""

    short_id: str
    title: str
    type: str
    culprit: str
    merged_ms: int
    events: int
    first_seen_ms: int
    last_seen_ms: int
    hashes: list[str]


class MergedAnswer(Answer):
    """own_hashes: fingerprints that were this issue's from the start."""

    own_hashes: list[str]
    merged: list[MergedIssue]


class CommentBody(Body):
    """Plain text; nothing in it is markup."""

    model_config = example(text="Seen with the new image; rolled back.")
    text: str = Field(min_length=1, max_length=10_000)


class CommentAnswer(Answer):
    """edited_ms: null until it was changed. is_own: the caller may edit and delete it."""

    id: int
    at_ms: int
    edited_ms: int | None
    author: str
    text: str
    is_own: bool


class CommentsAnswer(Answer):
    """Oldest first."""

    comments: list[CommentAnswer]
