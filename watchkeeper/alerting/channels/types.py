"""What a channel is given, and what it answers. Shared by all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from watchkeeper.lib.outbound import Outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """One alert as people are told of it. status: firing or resolved. Times are Unix ms."""

    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    value: str
    starts_ms: int
    ends_ms: int | None
    generator_url: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is told at once: the alerts of one group. status: firing if any of them fires."""

    group_key: str
    status: str
    group_labels: Mapping[str, str]
    alerts: tuple[AlertFacts, ...]
    external_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt went. status: the peer's, None if it never answered.

    may_retry: the same attempt may succeed later. detail: one sentence for people.
    """

    is_sent: bool
    may_retry: bool = False
    status: int | None = None
    detail: str = ""


class ChannelKind(Protocol):
    """One way of telling people. Options are JSON-ready, as they are stored."""

    def checked(self, options: Mapping[str, object]) -> dict[str, object]:
        """The options, complete. Raises Invalid naming what is wrong."""
        ...

    def shown(self, options: Mapping[str, object]) -> dict[str, object]:
        """The options without what must not be shown."""
        ...

    def wants(self, options: Mapping[str, object], notification: Notification) -> bool:
        """False if the channel is not to be told of this."""
        ...

    async def send(
        self,
        options: Mapping[str, object],
        notification: Notification,
        *,
        receiver: str,
        outbound: Outbound,
        now_ms: int,
    ) -> Outcome:
        """Tell it. Never raises for what the peer does."""
        ...
