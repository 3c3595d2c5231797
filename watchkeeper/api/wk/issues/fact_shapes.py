"""Bodies of what is known about an issue beside its events."""

from __future__ import annotations

from typing import Literal

from watchkeeper.api.wk.shapes import Answer


class SuspectDeploy(Answer):
    """The last deploy before the issue was first seen, or seen again. before_ms: how long before.

    is_of_first_release: it brought the release in which the issue began.
    """

    release: str
    environment: str
    at_ms: int
    url: str
    before_ms: int
    is_of_first_release: bool


class SuspectCommit(Answer):
    """A commit of the release in which the issue began. files: of the stack that it touched."""

    commit: str
    message: str
    author_name: str
    author_email: str
    committed_ms: int | None
    files: list[str]


class ReleaseShare(Answer):
    """ratio: 0..1 of the issue's stored events."""

    release: str
    events: int
    ratio: float
    first_ms: int
    last_ms: int
    is_first: bool
    is_last: bool
    is_resolved_in: bool


class EnvironmentShare(Answer):
    """ratio: 0..1 of the issue's stored events."""

    environment: str
    events: int
    ratio: float
    first_ms: int
    last_ms: int


class FactsAnswer(Answer):
    """Where and since when. Releases: the newest first, at most 100; environments by events."""

    releases: list[ReleaseShare]
    environments: list[EnvironmentShare]
    suspect_deploy: SuspectDeploy | None
    suspect_commits: list[SuspectCommit]
    first_event_id: str | None
    last_event_id: str | None


class SimilarIssue(Answer):
    """score: 0..1. The parts say why: the same type, equal places, words of the message."""

    short_id: str
    title: str
    type: str
    culprit: str
    status: Literal["unresolved", "resolved", "ignored"]
    events: int
    last_seen_ms: int
    score: float
    same_type: bool
    places: list[str]
    places_ratio: float
    words: list[str]
    words_ratio: float


class SimilarAnswer(Answer):
    """The most similar first. looked_at: issues of the project that were compared."""

    issues: list[SimilarIssue]
    looked_at: int


class HashedPart(Answer):
    """One thing that was compared. is_shared: the other event has it as well, null without one."""

    text: str
    is_shared: bool | None


class WhySide(Answer):
    """How one event got its issue. hash: 16 hex digits. rule: see the grouping page.

    is_recomputed: the parts are of today's reading, which differs from the one it was grouped by.
    """

    event_id: str
    version: int
    rule: str
    rule_text: str
    hash: str
    short_id: str
    parts: list[HashedPart]
    is_recomputed: bool


class WhyAnswer(Answer):
    """Why an event is in its issue, or why two events are in one or not.

    verdict: same_hash; merged: two fingerprints that a person put together; different.
    """

    verdict: Literal["same_hash", "merged", "different"]
    sentence: str
    event: WhySide
    other: WhySide | None


class EventRow(Answer):
    """One event of an issue in a list."""

    event_id: str
    ts_ms: int
    title: str
    level: str
    release: str
    environment: str
    user: str
    url: str
    transaction: str
    trace_id: str
    server_name: str


class EventsAnswer(Answer):
    """Newest first. next_cursor: null on the last page."""

    events: list[EventRow]
    next_cursor: str | None


class TagCount(Answer):
    """ratio: 0..1 of the issue's events that have the tag."""

    value: str
    count: int
    ratio: float
    first_ms: int
    last_ms: int


class TagValuesAnswer(Answer):
    """Values of one tag of one issue, the commonest first, at most 1,000."""

    key: str
    total: int
    values: list[TagCount]
