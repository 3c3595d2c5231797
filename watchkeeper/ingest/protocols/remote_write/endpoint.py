"""`POST /api/v1/write`, as Prometheus and its agents send it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from watchkeeper.ingest.accept import Acceptor, PlacedBatch
from watchkeeper.ingest.body import BodyLimits, read_body, unpack
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import (
    TEXT_TYPE,
    Header,
    InFlight,
    Refusal,
    Reply,
    Request,
    overload_of,
    refused_reply,
    refused_text,
)
from watchkeeper.ingest.protocols.remote_write.messages import (
    REFUSED,
    RESERVED,
    Besides,
    Metadata,
)
from watchkeeper.ingest.protocols.remote_write.parse import Decoded, KnownSeries, decode
from watchkeeper.ingest.protocols.remote_write.parse_v2 import KnownReferences, decode_v2
from watchkeeper.ingest.protocols.remote_write.wire import MalformedWrite
from watchkeeper.ingest.rows import HistogramBatch, MetadataRow
from watchkeeper.ingest.series import is_own, metric_of
from watchkeeper.ingest.writers import Writers, basic_parts
from watchkeeper.lib import snappy
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.model import Labels

_PATH = "/api/v1/write"
_ZSTD = "zstd"
"""How vmagent packs the same message, until a receiver says 415."""
_MAX_KNOWN_SERIES = 300_000
_HARMLESS = frozenset({Drop.REPEATED})
_V1, _V2 = "prometheus.writerequest", "io.prometheus.write.v2.request"
_WORDS = {
    Drop.OUT_OF_ORDER: "out of order sample",
    Drop.DUPLICATE_TIMESTAMP: "duplicate sample for timestamp",
    Drop.TOO_OLD: "out of bounds",
    Drop.TOO_FAR_FUTURE: "out of bounds",
}
"""What Prometheus calls it: senders and people look for these words."""
_MAX_KNOWN_METRICS = 50_000

MayWriteReserved = Callable[[int], bool]
"""True if another server may write `watchkeeper_*` series to a project."""


@dataclass(slots=True)
class _Known:
    """What is known of a project's senders; empty again each day and when places change."""

    series: KnownSeries = field(default_factory=KnownSeries)
    references: KnownReferences = field(default_factory=KnownReferences)
    metadata: dict[str, Metadata] = field(default_factory=dict)
    day: int = -1
    generation: int = -1
    may_write_reserved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """How many rows of each kind are on disk, and why others are not."""

    samples: int
    histograms: int
    exemplars: int
    refused: Mapping[Drop, int]


class RemoteWriteEndpoint:
    """Answers Prometheus remote write 1.0 and 2.0. 204 means that every sample is on disk.

    400 names what was refused of a request whose other samples were kept: a sender that obeys the
    protocol does not send it again. 503 asks for the whole request again.
    """

    name = "remote_write"

    def __init__(
        self,
        *,
        acceptor: Acceptor,
        writers: Writers,
        clock: Clock,
        in_flight: InFlight,
        limits: BodyLimits | None = None,
        may_write_reserved: MayWriteReserved | None = None,
    ) -> None:
        self._acceptor, self._writers, self._clock = acceptor, writers, clock
        self._in_flight, self._limits = in_flight, limits or BodyLimits()
        self._may_write_reserved = may_write_reserved or (lambda _project_id: False)
        self._known: dict[int, _Known] = {}

    def owns(self, path: str) -> bool:
        """True if this endpoint answers the path."""
        return path == _PATH

    async def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        project_id = request.project_id or 0
        try:
            if request.method != "POST":
                raise Refusal(405, Drop.MALFORMED, "Send this by POST.")
            project_id = await self._project(request)
            is_v2 = _is_version_2(request)
            async with read_body(request, self._limits, self._in_flight) as packed:
                body = self._unpacked(packed, request.header(b"content-encoding"))
                decoded = self._decoded(project_id, body, is_v2=is_v2)
            kept = await self._keep(project_id, decoded)
            return self._answer(project_id, kept, decoded, is_v2=is_v2)
        except MalformedWrite as error:
            reason = f"At byte {error.position}: {error.reason}"
            return self._refused(Refusal(400, Drop.MALFORMED, reason), project_id)
        except Refusal as refusal:
            return self._refused(refusal, project_id)
        except Overloaded as error:
            return self._reply(overload_of(error), project_id)

    async def _project(self, request: Request) -> int:
        """The project that the credential may write to. Raises Refusal 401 or 403."""
        return await self._writers.project(
            request,
            needs_server=True,
            found=_credentials(request.header(b"authorization")),
            hint="Send the server key as bearer token or password.",
        )

    def _unpacked(self, packed: bytes, encoding: str) -> bytes:
        if encoding.lower() == _ZSTD:
            return unpack(packed, _ZSTD, self._limits)
        limit = self._limits.max_unpacked_bytes
        try:
            return snappy.unpack_block(packed, limit_bytes=limit)
        except snappy.TooLong as error:
            reason = f"Unpacked it is larger than {limit:,} bytes."
            raise Refusal(413, Drop.TOO_LARGE, reason) from error
        except snappy.NotSnappy as error:
            raise MalformedWrite(0, "The body is not a snappy block.") from error

    def _decoded(self, project_id: int, body: bytes, *, is_v2: bool) -> Decoded:
        now_ms = self._clock()
        series = self._acceptor.series
        known = self._known.setdefault(project_id, _Known())

        def place(labels: Labels) -> int:
            if is_own(metric_of(labels)) and not known.may_write_reserved:
                return RESERVED
            return series.slot(project_id, labels, now_ms=now_ms)

        for _ in range(2):
            self._renew(known, project_id, now_ms // DAY_MS)
            if is_v2:
                decoded = decode_v2(body, known.references, place)
            else:
                decoded = decode(body, known.series, place)
            if known.generation == series.generation:
                break  # else places changed while it was read: once more with the new ones
        return decoded

    def _renew(self, known: _Known, project_id: int, day: int) -> None:
        """Forget places that changed, and once a day all, so that each series is announced."""
        generation = self._acceptor.series.generation
        may = self._may_write_reserved(project_id)
        learnt = (known.generation, known.day, known.may_write_reserved)
        is_full = len(known.series.places) > _MAX_KNOWN_SERIES
        if learnt == (generation, day, may) and not is_full:
            return
        known.series, known.references, known.metadata = KnownSeries(), KnownReferences(), {}
        known.day, known.generation, known.may_write_reserved = day, generation, may

    async def _keep(self, project_id: int, decoded: Decoded) -> _Kept:
        batch, refused = _wanted(decoded)
        for reason, count in refused.items():
            self._acceptor.metrics.drop(reason, count)
        samples = await self._acceptor.accept_placed(project_id, batch)
        refused.update(samples.dropped)
        histograms, exemplars = 0, 0
        if decoded.besides:
            histograms, exemplars = await self._keep_besides(project_id, decoded.besides, refused)
        return _Kept(
            samples=samples.rows + samples.dropped.get(Drop.REPEATED, 0),
            histograms=histograms,
            exemplars=exemplars,
            refused=refused,
        )

    async def _keep_besides(
        self, project_id: int, besides: Besides, refused: Counter[Drop]
    ) -> tuple[int, int]:
        """(histograms, exemplars) that are on disk.

        Exemplars that are not wanted are counted and no error: they do not come again.
        """
        histograms = exemplars = 0
        if besides.histograms:
            labels, times, found = zip(*besides.histograms, strict=True)
            batch = HistogramBatch(series=labels, ts_ms=np.array(times, np.int64), histograms=found)
            accepted = await self._acceptor.accept_histograms(project_id, batch)
            histograms = accepted.rows
            refused.update(accepted.dropped)
        if besides.exemplars:
            taken = await self._acceptor.accept_exemplars(project_id, besides.exemplars)
            exemplars = taken.rows
        if besides.metadata:
            await self._keep_metadata(project_id, besides.metadata)
        return histograms, exemplars

    async def _keep_metadata(self, project_id: int, told: Sequence[Metadata]) -> None:
        """Keep what is news: senders tell it again and again."""
        known = self._known[project_id].metadata
        news = {one.metric: one for one in told if one.metric and known.get(one.metric) != one}
        rows = [MetadataRow(m.metric, m.type, m.help, m.unit) for m in news.values()]
        await self._acceptor.accept_metadata(project_id, rows)
        if len(known) + len(news) > _MAX_KNOWN_METRICS:
            known.clear()
        known.update(news)

    def _answer(self, project_id: int, kept: _Kept, decoded: Decoded, *, is_v2: bool) -> Reply:
        """204, or 400 with how many samples were refused for which reason."""
        written = _written(kept) if is_v2 else ()
        errors = {
            reason: count
            for reason, count in kept.refused.items()
            if count and reason not in _HARMLESS
        }
        if not errors:
            return Reply(204, headers=written, project_id=project_id)
        text = ", ".join(f"{count} {_worded(reason)}" for reason, count in errors.items())
        told = f"{kept.samples} of {len(decoded.slots)} samples were kept; refused: {text}."
        reply = self._reply(Refusal(400, next(iter(errors)), told), project_id)
        return replace(reply, headers=(*reply.headers, *written))

    def _refused(self, refusal: Refusal, project_id: int) -> Reply:
        self._acceptor.metrics.drop(refusal.drop)
        return self._reply(refusal, project_id)

    def _reply(self, refusal: Refusal, project_id: int) -> Reply:
        body = refused_text(refusal)
        return refused_reply(refusal, project_id, body, (TEXT_TYPE,), scheme=b"Basic")


def _wanted(decoded: Decoded) -> tuple[PlacedBatch, Counter[Drop]]:
    """The samples of series that may be written, and why others may not."""
    slots, ts_ms, values, labels = decoded.slots, decoded.ts_ms, decoded.values, decoded.labels
    refused = Counter[Drop]()
    if decoded.besides.refused:
        refused.update(decoded.besides.refused)
    if len(slots) and slots.min() <= RESERVED:
        for place, reason in REFUSED.items():
            refused[reason] += int((slots == place).sum())
        rows = np.flatnonzero(slots > RESERVED)
        slots, ts_ms, values = slots[rows], ts_ms[rows], values[rows]
        return PlacedBatch(
            slots=slots, ts_ms=ts_ms, values=values, labels=lambda row: labels(int(rows[row]))
        ), refused
    return PlacedBatch(slots=slots, ts_ms=ts_ms, values=values, labels=labels), refused


def _is_version_2(request: Request) -> bool:
    """Which message the body is. Raises Refusal 415 for one that is not known."""
    encoding = request.header(b"content-encoding").lower()
    if encoding not in {"snappy", _ZSTD, ""}:
        raise Refusal(415, Drop.UNSUPPORTED_ENCODING, "Content-Encoding must be snappy or zstd.")
    kind, _, parameters = request.header(b"content-type").lower().partition(";")
    message = next(
        (value for name, _, value in _parameters(parameters) if name == "proto"), _V1
    ).strip('"')
    if message not in {_V1, _V2} or kind.strip() not in {"", "application/x-protobuf"}:
        raise Refusal(
            415,
            Drop.UNSUPPORTED_ENCODING,
            "Send application/x-protobuf of prometheus.WriteRequest or "
            "io.prometheus.write.v2.Request.",
        )
    return message == _V2


def _parameters(text: str) -> list[tuple[str, str, str]]:
    return [part.strip().partition("=") for part in text.split(";")]


def _written(kept: _Kept) -> tuple[Header, ...]:
    """What remote write 2.0 wants to be told with every answer."""
    counts = (("samples", kept.samples), ("histograms", kept.histograms))
    return tuple(
        (f"x-prometheus-remote-write-{name}-written".encode(), str(count).encode())
        for name, count in (*counts, ("exemplars", kept.exemplars))
    )


def _worded(reason: Drop) -> str:
    words = _WORDS.get(reason)
    return f"{reason.value} ({words})" if words else reason.value


def _credentials(header: str) -> list[str]:
    """What may be a key: the bearer token, or password and user of basic auth."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return [rest.strip()] if rest.strip() else []
    if scheme.lower() != "basic":
        return []
    return [part for part in basic_parts(rest) if part]
