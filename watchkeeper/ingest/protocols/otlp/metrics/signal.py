"""OTLP metrics into the spool: samples, native histograms, exemplars, metadata."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np

from watchkeeper.ingest.accept import Acceptor, PlacedBatch
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.otlp.answers import Outcome
from watchkeeper.ingest.protocols.otlp.messages import key_of_json, key_of_protobuf
from watchkeeper.ingest.protocols.otlp.metrics.exponential import DeltaTotals, Distribution
from watchkeeper.ingest.protocols.otlp.metrics.known import Known
from watchkeeper.ingest.protocols.otlp.metrics.messages import ExportRequest
from watchkeeper.ingest.protocols.otlp.metrics.parse import read_json, read_protobuf
from watchkeeper.ingest.protocols.otlp.metrics.rows import Columns, Rows, columns_of
from watchkeeper.ingest.protocols.otlp.metrics.translate import Translator
from watchkeeper.ingest.protocols.otlp.options import OtlpOptions
from watchkeeper.ingest.rows import HistogramBatch
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.model import Histogram, Labels, ResetHint
from watchkeeper.privacy import Scrubber

_MAX_KNOWN_BYTES = 256 * 2**20
"""Of all projects; then it is learnt anew, at about ten times the cost of a known series."""
_HARMLESS = frozenset({Drop.REPEATED})


class MetricsSignal:
    """Keeps what ExportMetricsServiceRequests hold."""

    name = "metrics"
    rejected_name = "rejectedDataPoints"
    needs_server = True

    def __init__(
        self,
        acceptor: Acceptor,
        scrubber: Scrubber,
        clock: Clock,
        options: OtlpOptions | None = None,
    ) -> None:
        self._acceptor, self._scrubber, self._clock = acceptor, scrubber, clock
        self._options = options or OtlpOptions()
        self._known: dict[int, Known] = {}
        self._scrubbers: dict[int, Scrubber] = {}
        self._held = (-1, -1)
        self._restarted: set[int] = set()
        self._totals = DeltaTotals()

    async def take(self, project_id: int, body: bytes, *, is_json: bool) -> Outcome:
        """Keep a request; what is refused of it is in the outcome.

        Raises MalformedOtlp, TooManyParts, Overloaded.
        """
        request = read_json(body) if is_json else read_protobuf(body)
        rows = self._translated(project_id, request, is_json=is_json)
        del request
        columns = columns_of(rows, self._acceptor.series.newest, self._restarted)
        try:
            dropped = Counter(await self._keep_samples(project_id, rows, columns))
            dropped += Counter(await self._keep_histograms(project_id, rows.distributions))
            await self._acceptor.accept_exemplars(project_id, rows.exemplars)
            await self._acceptor.accept_metadata(project_id, rows.metadata)
        except BaseException:
            if rows.metadata and (known := self._known.get(project_id)):
                known.metadata.clear()  # told again by the next request
            raise
        for reason, count in rows.refused.items():
            self._acceptor.metrics.drop(reason, count)
        return _outcome(rows, dropped, len(columns.slots))

    def _translated(self, project_id: int, request: ExportRequest, *, is_json: bool) -> Rows:
        series = self._acceptor.series
        now_ms = self._clock()
        key_of = key_of_json if is_json else key_of_protobuf

        def place(labels: Labels) -> int:
            return int(series.slots(project_id, (labels,), now_ms=now_ms)[0])

        for _ in range(2):
            self._renew(now_ms // DAY_MS)
            generation = series.generation
            scrubber = self._scrubber.of(project_id)
            if self._scrubbers.get(project_id) is not scrubber:  # other rules, other labels
                self._scrubbers[project_id] = scrubber
                self._known.pop(project_id, None)
            known = self._known.setdefault(project_id, Known())
            translator = Translator(
                self._options, known, place=place, key_of=key_of, scrubber=scrubber
            )
            rows = translator.translate(request)
            if series.generation == generation:
                break  # else places changed while it was read: once more with the new ones
        return rows

    def _renew(self, day: int) -> None:
        """Forget places that changed, and once a day all, so that each series is announced."""
        held = (day, self._acceptor.series.generation)
        if held[1] != self._held[1]:
            self._restarted.clear()
        size = sum(known.held_bytes for known in self._known.values())
        if held != self._held or size > _MAX_KNOWN_BYTES:
            self._known.clear()
            self._held = held

    async def _keep_samples(self, project_id: int, rows: Rows, columns: Columns) -> dict[Drop, int]:
        batch = PlacedBatch(
            slots=columns.slots,
            ts_ms=columns.ts_ms,
            values=columns.values,
            labels=lambda row: rows.labels(int(columns.origin[row])),
        )
        try:
            accepted = await self._acceptor.accept_placed(project_id, batch)
        except BaseException:
            # Totals went on in memory and not on disk: they begin anew, which loses no increase.
            self._restarted.update(np.unique(columns.slots).tolist())
            raise
        return dict(accepted.dropped)

    async def _keep_histograms(self, project_id: int, sent: list[Distribution]) -> dict[Drop, int]:
        if not sent:
            return {}
        totals, late = self._totals.add(project_id, sent)
        histograms = self._with_resets(project_id, totals)
        batch = HistogramBatch(
            series=[each.series for each in totals],
            ts_ms=np.array([each.ts_ms for each in totals], dtype=np.int64),
            histograms=histograms,
        )
        try:
            accepted = await self._acceptor.accept_histograms(project_id, batch)
        except BaseException:
            self._totals.forget(project_id, sent)
            raise
        for reason, count in late.items():
            self._acceptor.metrics.drop(reason, count)
        return dict(Counter(late) + Counter(accepted.dropped))

    def _with_resets(self, project_id: int, sent: list[Distribution]) -> list[Histogram]:
        """The histograms; those that began after their series' newest sample say that they did."""
        series = self._acceptor.series
        slots = series.slots(project_id, [each.series for each in sent], now_ms=self._clock())
        newest_ms, _ = series.newest(slots)
        found = []
        for each, at_ms in zip(sent, newest_ms.tolist(), strict=True):
            is_reset = not each.is_delta and 0 < at_ms < each.start_ms < each.ts_ms
            hint = {"reset_hint": ResetHint.RESET} if is_reset else {}
            found.append(msgspec.structs.replace(each.histogram, **hint))
        return found


def _outcome(rows: Rows, dropped: Counter[Drop], samples: int) -> Outcome:
    """What the sender is told: points refused, by reason. Samples repeated are no fault."""
    refused = Counter(rows.refused)
    for reason, count in dropped.items():
        # A histogram's point is many samples, which share its fate.
        refused[reason] += min(count, -(-count * rows.points // max(samples, 1)))
    told = {reason: count for reason, count in refused.items() if reason not in _HARMLESS}
    rejected = min(sum(told.values()), rows.points)
    if not rejected:
        return Outcome()
    text = ", ".join(f"{count} {reason.value}" for reason, count in told.items())
    problems = f" {'; '.join(rows.problems)}." if rows.problems else ""
    message = f"{rejected} of {rows.points} data points were refused: {text}.{problems}"
    return Outcome(
        rejected=rejected,
        message=message,
        reasons={reason.value: count for reason, count in told.items()},
    )
