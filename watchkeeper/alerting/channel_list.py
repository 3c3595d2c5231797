"""A project's channels: made, changed, tried out, removed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from watchkeeper.alerting import repo
from watchkeeper.alerting.channels import KINDS, AlertFacts, ChannelKind, Notification
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.lib.fingerprint import fingerprint
from watchkeeper.lib.outbound import Outbound
from watchkeeper.model import Scope
from watchkeeper.store.meta import Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as it may be shown: secrets hidden."""

    id: int
    project_id: int
    kind: str
    name: str
    options: Mapping[str, object]
    enabled: bool
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """How a try-out went. status: the peer's answer, None if there was none. ms: time it took."""

    __test__ = False

    ok: bool
    status: int | None
    ms: int
    detail: str


class Channels:
    """Reads and changes channels of the scope's projects. All but `test_channel` block."""

    def __init__(
        self,
        meta: Meta,
        outbound: Outbound,
        clock: Clock,
        *,
        external_url: str = "",
        kinds: Mapping[str, ChannelKind] = KINDS,
    ) -> None:
        self._meta = meta
        self._outbound = outbound
        self._clock = clock
        self._external_url = external_url
        self._kinds = kinds

    def list(self, scope: Scope) -> list[Channel]:
        with self._meta.read() as conn:
            rows = repo.list_channels(conn, scope.project_ids)
        return [self._shown(row) for row in rows if row.kind in self._kinds]

    def get(self, scope: Scope, channel_id: int) -> Channel:
        """One channel. Raises NotFound."""
        return self._shown(self._row(scope, channel_id))

    def create(
        self, scope: Scope, *, kind: str, name: str, options: Mapping[str, object]
    ) -> Channel:
        """Add a channel. Raises Invalid naming the field, RowConflict if the name is taken."""
        checked = self._kind(kind).checked(options)
        _check_name(name)
        facts = {
            "project_id": scope.project_id,
            "kind": kind,
            "name": name,
            "options": checked,
            "enabled": True,
            "created_ms": self._clock(),
        }
        with self._meta.write() as conn:
            channel_id = repo.add_channel(conn, facts)
        return self.get(scope, channel_id)

    def change(
        self,
        scope: Scope,
        channel_id: int,
        *,
        name: str | None = None,
        options: Mapping[str, object] | None = None,
        enabled: bool | None = None,
    ) -> Channel:
        """Change what is given. Options are merged; a hidden value sent back stays as it is."""
        row = self._row(scope, channel_id)
        facts: dict[str, object] = {}
        if name is not None:
            _check_name(name)
            facts["name"] = name
        if options is not None:
            kind = self._kind(row.kind)
            hidden = kind.shown(row.options)
            sent = {key: value for key, value in options.items() if value != hidden.get(key)}
            facts["options"] = kind.checked({**row.options, **sent})
        if enabled is not None:
            facts["enabled"] = enabled
        if facts:
            with self._meta.write() as conn:
                repo.change_channel(conn, channel_id, facts)
        return self.get(scope, channel_id)

    def delete(self, scope: Scope, channel_id: int) -> None:
        """Remove a channel and the record of its deliveries. Raises NotFound."""
        self._row(scope, channel_id)
        with self._meta.write() as conn:
            repo.delete_channel(conn, channel_id)

    async def test_channel(self, scope: Scope, channel_id: int) -> TestResult:
        """Send one made-up firing alert now, once, without a record. Raises NotFound."""
        import asyncio

        row = await asyncio.to_thread(self._row, scope, channel_id)
        began = time.perf_counter()
        outcome = await self._kind(row.kind).send(
            row.options,
            self._example(row.name),
            receiver=row.name,
            outbound=self._outbound,
            now_ms=self._clock(),
        )
        spent_ms = round((time.perf_counter() - began) * 1000)
        detail = outcome.detail or "The channel took it."
        return TestResult(ok=outcome.is_sent, status=outcome.status, ms=spent_ms, detail=detail)

    def _example(self, name: str) -> Notification:
        labels = {"alertname": "WatchkeeperTest", "severity": "info"}
        text = f"A try-out of the channel {name}. Nothing is wrong."
        alert = AlertFacts(
            status="firing",
            labels=labels,
            annotations={"summary": text},
            value="1",
            starts_ms=self._clock(),
            ends_ms=None,
            generator_url=self._external_url,
            fingerprint=fingerprint(labels.items()),
        )
        return Notification(
            group_key='{}:{alertname="WatchkeeperTest"}',
            status="firing",
            group_labels={"alertname": "WatchkeeperTest"},
            alerts=(alert,),
            external_url=self._external_url,
        )

    def _row(self, scope: Scope, channel_id: int) -> Row[Any]:
        with self._meta.read() as conn:
            row = repo.channel(conn, scope.project_ids, channel_id)
        if row is None or row.kind not in self._kinds:
            raise NotFound(f"There is no channel {channel_id}.")
        return row

    def _kind(self, kind: str) -> ChannelKind:
        found = self._kinds.get(kind)
        if found is None:
            listed = ", ".join(sorted(self._kinds))
            raise Invalid(f"There is no channel kind {kind}; there is {listed}.")
        return found

    def _shown(self, row: Row[Any]) -> Channel:
        return Channel(
            id=row.id,
            project_id=row.project_id,
            kind=row.kind,
            name=row.name,
            options=self._kinds[row.kind].shown(row.options),
            enabled=row.enabled,
            created_ms=row.created_ms,
        )


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 200:
        raise Invalid("name must have 1 to 200 characters.")
