"""Messages of OTLP logs to log lines, and the exceptions among them. Pure.

Rule: docs/wire/otlp.md, "Logs".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from watchkeeper.ingest.pipeline import (
    Raised,
    SentLog,
    finish_log,
    number_of_word,
    tells_exception,
)
from watchkeeper.ingest.protocols.otlp.attributes import Key, plain_of
from watchkeeper.ingest.protocols.otlp.ids import SPAN_DIGITS, TRACE_DIGITS, hex_id
from watchkeeper.ingest.protocols.otlp.logs.bodies import line_of
from watchkeeper.ingest.protocols.otlp.logs.messages import ExportRequest, LogRecord
from watchkeeper.ingest.protocols.otlp.memory import AttributeMemory
from watchkeeper.ingest.protocols.otlp.messages import Scope
from watchkeeper.ingest.rows import LogRow
from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.privacy import Scrubber

_SEVERITY_PREFIX = "SEVERITY_NUMBER_"
_ERROR, _FATAL = 17, 21
_LATEST_NS = 2**63 - 1


@dataclass(slots=True)
class Lines:
    """What a request holds. raised: exceptions that were logged as errors."""

    rows: list[LogRow] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)


class Translator:
    """Reads requests of one project, received at `now_ms`."""

    def __init__(
        self,
        *,
        scrubber: Scrubber,
        memory: AttributeMemory,
        key_of: Callable[[msgspec.Raw], Key],
        now_ms: int,
    ) -> None:
        self._scrubber, self._memory, self._key_of = scrubber, memory, key_of
        self._now_ms = now_ms

    def translate(self, request: ExportRequest) -> Lines:
        """The lines, in the order sent. Raises MalformedOtlp."""
        lines = Lines()
        for of_resource in request.resource_logs:
            resource = self._memory.read(self._key_of(of_resource.resource.attributes))
            for of_scope in of_resource.scope_logs:
                around = resource | self._of_scope(of_scope.scope)
                self._translate_all(of_scope.log_records, around, lines)
        return lines

    def _of_scope(self, scope: Scope) -> dict[str, str]:
        told = {"otel.scope.name": scope.name, "otel.scope.version": scope.version}
        told |= self._memory.read(self._key_of(scope.attributes))
        return {name: value for name, value in told.items() if value}

    def _translate_all(
        self, sent: Sequence[LogRecord], around: dict[str, str], lines: Lines
    ) -> None:
        language = around.get("telemetry.sdk.language", "")
        for record in sent:
            attributes = self._memory.read(self._key_of(record.attributes))
            row = self._row(record, attributes, around)
            lines.rows.append(row)
            number = row.severity_number
            if tells_exception(attributes) and (number >= _ERROR or not number):
                lines.raised.append(_raised(row, attributes, language))

    def _row(self, record: LogRecord, attributes: dict[str, str], around: dict[str, str]) -> LogRow:
        body, fields = line_of(plain_of(record.body) if record.HasField("body") else None)
        told = around | fields | attributes
        if record.event_name:
            told["event.name"] = record.event_name
        sent = SentLog(
            body=body or record.event_name or attributes.get("exception.message", ""),
            source="otlp",
            ts_ns=min(record.time_unix_nano or record.observed_time_unix_nano, _LATEST_NS),
            severity=record.severity_text,
            severity_number=_number(record.severity_number),
            trace_id=hex_id(record.trace_id, TRACE_DIGITS),
            span_id=hex_id(record.span_id, SPAN_DIGITS),
            attributes=told,
        )
        return finish_log(sent, received_ms=self._now_ms, scrubber=self._scrubber)


def _number(sent: int | str) -> int:
    if isinstance(sent, int):
        return sent if 1 <= sent <= 24 else 0
    word = sent.removeprefix(_SEVERITY_PREFIX)
    return _number(int(word)) if word.isdecimal() and len(word) < 4 else number_of_word(word)


def _raised(row: LogRow, attributes: dict[str, str], language: str) -> Raised:
    return Raised(
        ts_ns=row.ts_ms * NS_A_MS + row.nanos,
        attributes=attributes,
        level="fatal" if row.severity_number >= _FATAL else "error",
        trace_id=row.trace_id,
        span_id=row.span_id,
        service=row.service,
        environment=row.environment,
        release=row.release,
        host=row.host,
        user_key=row.user_key,
        logger=row.attributes.get("otel.scope.name", ""),
        message=row.body,
        language=language,
        around={k: v for k, v in row.attributes.items() if not k.startswith("exception.")},
    )
