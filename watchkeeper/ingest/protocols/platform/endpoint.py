"""`POST /v1/platform/events`: what a platform does becomes deploys, spans and log lines.

Contract: docs/wire/platform-events.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from watchkeeper.ingest.accept import EncodedRows, EnvelopeBatch
from watchkeeper.ingest.body import unpack
from watchkeeper.ingest.deploy_rows import DeployRow, encode_deploys
from watchkeeper.ingest.drops import Cut, Drop
from watchkeeper.ingest.http import (
    JSON_TYPE,
    Refusal,
    Reply,
    Request,
    refusal_body,
    refused_reply,
)
from watchkeeper.ingest.pipeline import SpanOrigin, finish_log, finish_span
from watchkeeper.ingest.protocols.platform.events import (
    MOST_EVENTS,
    RefusedEvent,
    TooManyEvents,
    read_events,
)
from watchkeeper.ingest.protocols.platform.translate import Told, tell
from watchkeeper.ingest.push import Push
from watchkeeper.ingest.rows import encode_logs
from watchkeeper.ingest.span_columns import encode_spans
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber

_ORIGIN = SpanOrigin(source="platform")
_MOST_TOLD = 20
"""Refused events that an answer names."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer: how many events are on disk, and which were not understood."""

    accepted: int
    refused: Sequence[RefusedEvent]


class PlatformEndpoint(Push):
    """Answers 200 with what was kept; 400 if nothing of the body could be understood."""

    name = "platform"
    paths = frozenset({"/v1/platform/events", "/v1/platform/events/"})

    async def take(self, project_id: int, packed: bytes, request: Request) -> Reply:
        body = unpack(packed, request.header(b"content-encoding"), self._body_limits)
        try:
            events, refused = read_events(body, received_ms=self._clock())
        except TooManyEvents as error:
            reason = f"A request has at most {MOST_EVENTS:,} events; send several."
            raise Refusal(413, Drop.TOO_LARGE, reason) from error
        if refused and not events:
            reason = f"Event {refused[0].number}: {refused[0].reason}"
            raise Refusal(400, Drop.MALFORMED, reason)
        told = [tell(event) for event in events]
        await self._acceptor.accept_envelope(project_id, self._batch(told, project_id))
        self._acceptor.metrics.drop(Drop.MALFORMED, len(refused))
        answer = msgspec.json.encode(_Kept(len(events), refused[:_MOST_TOLD]))
        return Reply(200, answer, (JSON_TYPE,), project_id=project_id)

    def refused(self, refusal: Refusal, project_id: int) -> Reply:
        body = refusal_body(refusal)
        return refused_reply(refusal, project_id, body, (JSON_TYPE,), scheme=b"Bearer")

    def _batch(self, told: Sequence[Told], project_id: int) -> EnvelopeBatch:
        """All of a request in one append."""
        scrubber, now_ms = self._scrubber.of(project_id), self._clock()
        cuts: Counter[Cut] = Counter()
        spans = [
            finish_span(one.span, _ORIGIN, scrubber=scrubber, cuts=cuts)
            for one in told
            if one.span is not None
        ]
        lines = [
            finish_log(one.line, received_ms=now_ms, scrubber=scrubber, limits=self._limits)
            for one in told
            if one.line is not None
        ]
        deploys = [_clean(one.deploy, scrubber) for one in told if one.deploy is not None]
        self._acceptor.metrics.cut(cuts)
        rows: list[EncodedRows] = []
        if spans:
            rows.append(EncodedRows(Kind.SPANS, encode_spans(spans), len(spans)))
        if lines:
            rows.append(EncodedRows(Kind.LOGS, encode_logs(lines), len(lines)))
        if deploys:
            rows.append(EncodedRows(Kind.DEPLOYS, encode_deploys(deploys), len(deploys)))
        return EnvelopeBatch(rows=rows)


def _clean(row: DeployRow, scrubber: Scrubber) -> DeployRow:
    told = {"release": row.release, "environment": row.environment, "url": row.url}
    clean = scrubber.scrub_attributes({name: text for name, text in told.items() if text})
    deployment_id = scrubber.scrub_text(row.deployment_id)
    return msgspec.structs.replace(row, deployment_id=deployment_id, **clean)
