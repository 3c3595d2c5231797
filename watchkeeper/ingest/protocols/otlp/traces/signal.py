"""OTLP traces into the spool: spans, and the exceptions that they tell of as errors."""

from __future__ import annotations

from collections import OrderedDict

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.otlp.answers import Outcome
from watchkeeper.ingest.protocols.otlp.errors_of import keep_errors
from watchkeeper.ingest.protocols.otlp.messages import key_of_json, key_of_protobuf
from watchkeeper.ingest.protocols.otlp.traces.known import Known
from watchkeeper.ingest.protocols.otlp.traces.parse import read_json, read_protobuf
from watchkeeper.ingest.protocols.otlp.traces.translate import Spans, Translator
from watchkeeper.lib.clock import NS_A_MS, Clock
from watchkeeper.privacy import Scrubber

_MOST_RULES = 8
"""Sets of rules, each of one project or of all that have none, under which spans are remembered."""


class TracesSignal:
    """Keeps what ExportTraceServiceRequests hold."""

    name = "traces"
    rejected_name = "rejectedSpans"
    needs_server = False

    def __init__(self, acceptor: Acceptor, scrubber: Scrubber, clock: Clock) -> None:
        self._acceptor, self._scrubber, self._clock = acceptor, scrubber, clock
        self._known: OrderedDict[Scrubber, Known] = OrderedDict()

    async def take(self, project_id: int, body: bytes, *, is_json: bool) -> Outcome:
        """Keep a request; what is refused of it is in the outcome.

        Raises MalformedOtlp, TooManyParts, Overloaded.
        """
        scrubber = self._scrubber.of(project_id)
        spans = self._read(body, scrubber, is_json=is_json)
        metrics, now_ms = self._acceptor.metrics, self._clock()
        await keep_errors(self._acceptor, scrubber, project_id, spans.raised, now_ms=now_ms)
        await self._acceptor.accept_span_batch(project_id, spans.batch)
        metrics.drop(Drop.INVALID_SPAN, spans.invalid)
        metrics.cut(spans.cuts)
        return _outcome(spans)

    def _read(self, body: bytes, scrubber: Scrubber, *, is_json: bool) -> Spans:
        request = read_json(body) if is_json else read_protobuf(body)
        translator = Translator(
            scrubber=scrubber,
            known=self._known_under(scrubber),
            key_of=key_of_json if is_json else key_of_protobuf,
            now_ns=self._clock() * NS_A_MS,
        )
        return translator.translate(request)

    def _known_under(self, scrubber: Scrubber) -> Known:
        """What was learnt is scrubbed already, so it holds under the same rules only."""
        known = self._known.pop(scrubber, None) or Known(scrubber)
        self._known[scrubber] = known
        if len(self._known) > _MOST_RULES:
            self._known.popitem(last=False)
        return known


def _outcome(spans: Spans) -> Outcome:
    if not spans.invalid:
        return Outcome()
    total = spans.invalid + len(spans.batch)
    return Outcome(
        rejected=spans.invalid,
        message=f"{spans.invalid} of {total} spans were refused: no valid trace and span id.",
        reasons={Drop.INVALID_SPAN.value: spans.invalid},
    )
