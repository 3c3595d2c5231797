"""OTLP logs into the spool: lines, and the exceptions that were logged as errors."""

from __future__ import annotations

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.protocols.otlp.answers import Outcome
from watchkeeper.ingest.protocols.otlp.errors_of import keep_errors
from watchkeeper.ingest.protocols.otlp.logs.parse import read_json, read_protobuf
from watchkeeper.ingest.protocols.otlp.logs.translate import Translator
from watchkeeper.ingest.protocols.otlp.memory import AttributeMemory
from watchkeeper.ingest.protocols.otlp.messages import key_of_json, key_of_protobuf
from watchkeeper.lib.clock import Clock
from watchkeeper.privacy import Scrubber


class LogsSignal:
    """Keeps what ExportLogsServiceRequests hold."""

    name = "logs"
    rejected_name = "rejectedLogRecords"
    needs_server = False

    def __init__(self, acceptor: Acceptor, scrubber: Scrubber, clock: Clock) -> None:
        self._acceptor, self._scrubber, self._clock = acceptor, scrubber, clock
        self._memory = AttributeMemory()

    async def take(self, project_id: int, body: bytes, *, is_json: bool) -> Outcome:
        """Keep a request whole: what a line has too much of is cut, and no line is refused.

        Raises MalformedOtlp, TooManyParts, Overloaded.
        """
        now_ms, scrubber = self._clock(), self._scrubber.of(project_id)
        translator = Translator(
            scrubber=scrubber,
            memory=self._memory,
            key_of=key_of_json if is_json else key_of_protobuf,
            now_ms=now_ms,
        )
        lines = translator.translate(read_json(body) if is_json else read_protobuf(body))
        await keep_errors(self._acceptor, scrubber, project_id, lines.raised, now_ms=now_ms)
        await self._acceptor.accept_logs(project_id, lines.rows)
        return Outcome()
