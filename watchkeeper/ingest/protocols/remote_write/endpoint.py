"""`POST /api/v1/write`, as Prometheus and its agents send it."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from watchkeeper.ingest.accept import Acceptor, PlacedBatch
from watchkeeper.ingest.body import BodyLimits, read_body
from watchkeeper.ingest.drops import Accepted, Drop
from watchkeeper.ingest.http import TEXT_TYPE, InFlight, Refusal, Reply, Request
from watchkeeper.ingest.keys import Keys, admitted_key
from watchkeeper.ingest.protocols.remote_write import parse
from watchkeeper.ingest.rows import MetadataRow
from watchkeeper.ingest.series import is_reserved, metric_of
from watchkeeper.lib.clock import DAY_MS, SECOND_MS, Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.model import Labels

_PATH = "/api/v1/write"
_MAX_KNOWN_SERIES = 300_000
_MAX_KNOWN_TOKENS = 1_000
_HARMLESS = frozenset({Drop.REPEATED})

TokenProject = Callable[[str, int | None], int | None]
"""The project that an API token may write to, given the one that the path names; None: none."""


@dataclass(slots=True)
class _Known:
    """What is known of a project's series; empty again each day and when places change."""

    series: parse.KnownSeries = field(default_factory=parse.KnownSeries)
    day: int = -1
    generation: int = -1


class RemoteWriteEndpoint:
    """Answers Prometheus remote write 1.0. 204 means that every sample is on disk.

    400 names what was refused of a request whose other samples were kept: a sender that obeys the
    protocol does not send it again. 503 asks for the whole request again.
    """

    name = "remote_write"

    def __init__(
        self,
        *,
        acceptor: Acceptor,
        keys: Keys,
        clock: Clock,
        in_flight: InFlight,
        limits: BodyLimits | None = None,
        token_project: TokenProject | None = None,
    ) -> None:
        self._acceptor, self._keys, self._clock = acceptor, keys, clock
        self._in_flight, self._limits = in_flight, limits or BodyLimits()
        self._token_project = token_project
        self._known: dict[int, _Known] = {}
        self._tokens: dict[tuple[str, int | None], tuple[int | None, int]] = {}

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
            _check_format(request)
            async with read_body(request, self._limits, self._in_flight) as packed:
                decoded = self._decoded(project_id, self._unpacked(packed))
            return self._answer(project_id, await self._keep(project_id, decoded), decoded)
        except parse.MalformedWrite as error:
            reason = f"At byte {error.position}: {error.reason}"
            return self._refused(Refusal(400, Drop.MALFORMED, reason), project_id)
        except Refusal as refusal:
            return self._refused(refusal, project_id)
        except Overloaded as error:
            overload = Refusal(503, Drop.SPOOL_FULL, str(error), retry_after_s=error.retry_after_s)
            return self._reply(overload, project_id)

    async def _project(self, request: Request) -> int:
        """The project that the credential may write to. Raises Refusal 401 or 403."""
        credentials = _credentials(request.header(b"authorization"))
        for credential in credentials:
            if self._keys.lookup(credential) is not None:
                key = admitted_key(
                    self._keys, credential, project_id=request.project_id, needs_server=True
                )
                return key.project_id
        for credential in credentials:
            project_id = await self._project_of_token(credential, request.project_id)
            if project_id is not None:
                return project_id
        if credentials:
            raise Refusal(403, Drop.UNKNOWN_KEY, "This key is not known; use the server key.")
        raise Refusal(401, Drop.UNKNOWN_KEY, "Send the server key as bearer token or password.")

    async def _project_of_token(self, token: str, wanted: int | None) -> int | None:
        """As `token_project` tells; remembered for a second, so that a revoked one soon ends."""
        if self._token_project is None:
            return None
        now_ms = self._clock()
        known, until_ms = self._tokens.get((token, wanted), (None, 0))
        if now_ms < until_ms:
            return known
        found = await asyncio.to_thread(self._token_project, token, wanted)
        if len(self._tokens) >= _MAX_KNOWN_TOKENS:
            self._tokens.clear()
        self._tokens[token, wanted] = (found, now_ms + SECOND_MS)
        return found

    def _unpacked(self, packed: bytes) -> bytes:
        import cramjam

        limit = self._limits.max_unpacked_bytes
        try:
            if cramjam.snappy.decompress_raw_len(packed) > limit:
                raise Refusal(413, Drop.TOO_LARGE, f"Unpacked it is larger than {limit:,} bytes.")
            return bytes(cramjam.snappy.decompress_raw(packed))
        except cramjam.DecompressionError as error:
            raise parse.MalformedWrite(0, "The body is not a snappy block.") from error

    def _decoded(self, project_id: int, body: bytes) -> parse.Decoded:
        now_ms = self._clock()
        series = self._acceptor.series
        known = self._known.setdefault(project_id, _Known())

        def place(labels: Labels) -> int:
            if is_reserved(metric_of(labels)):
                return parse.RESERVED
            return int(series.slots(project_id, (labels,), now_ms=now_ms)[0])

        for _ in range(2):
            self._renew(known, now_ms // DAY_MS)
            decoded = parse.decode(body, known.series, place)
            if known.generation == series.generation:
                break  # else places changed while it was read: once more with the new ones
        return decoded

    def _renew(self, known: _Known, day: int) -> None:
        """Forget places that changed, and once a day all, so that each series is announced."""
        generation = self._acceptor.series.generation
        is_full = len(known.series.places) > _MAX_KNOWN_SERIES
        if known.generation != generation or known.day != day or is_full:
            known.series = parse.KnownSeries()
            known.day, known.generation = day, generation

    async def _keep(self, project_id: int, decoded: parse.Decoded) -> Accepted:
        rows = np.flatnonzero(decoded.slots > parse.RESERVED)
        is_whole = len(rows) == len(decoded.slots)
        batch = PlacedBatch(
            slots=decoded.slots if is_whole else decoded.slots[rows],
            ts_ms=decoded.ts_ms if is_whole else decoded.ts_ms[rows],
            values=decoded.values if is_whole else decoded.values[rows],
            labels=lambda row: decoded.labels(int(rows[row])),
        )
        accepted = await self._acceptor.accept_placed(project_id, batch)
        told = [MetadataRow(m.metric, m.type, m.help, m.unit) for m in decoded.metadata]
        await self._acceptor.accept_metadata(project_id, told)
        return accepted

    def _answer(self, project_id: int, accepted: Accepted, decoded: parse.Decoded) -> Reply:
        """204, or 400 with how many samples were refused for which reason."""
        refused = {
            Drop.RESERVED_NAME: int((decoded.slots == parse.RESERVED).sum()),
            Drop.INVALID_LABELS: int((decoded.slots == parse.INVALID).sum()),
        }
        for reason, count in refused.items():
            self._acceptor.metrics.drop(reason, count)
        if decoded.histograms:
            self._acceptor.metrics.unsupported("native_histogram", decoded.histograms)
        counts = {**accepted.dropped, **refused}
        told = {reason: count for reason, count in counts.items() if count}
        errors = {reason: count for reason, count in told.items() if reason not in _HARMLESS}
        if not errors:
            return Reply(204, project_id=project_id)
        text = ", ".join(f"{count} {reason.value}" for reason, count in errors.items())
        kept = f"{accepted.rows} of {len(decoded.slots)} samples were kept; refused: {text}."
        return self._reply(Refusal(400, next(iter(errors)), kept), project_id)

    def _refused(self, refusal: Refusal, project_id: int) -> Reply:
        self._acceptor.metrics.drop(refusal.drop)
        return self._reply(refusal, project_id)

    def _reply(self, refusal: Refusal, project_id: int) -> Reply:
        headers = [TEXT_TYPE]
        if refusal.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="watchkeeper"'))
        if refusal.retry_after_s is not None:
            headers.append((b"retry-after", str(refusal.retry_after_s).encode()))
        known = refusal.project_id or (0 if refusal.drop is Drop.UNKNOWN_KEY else project_id)
        body = f"{refusal.drop.value}: {refusal.reason}\n".encode()
        return Reply(refusal.status, body, tuple(headers), refusal.drop, known)


def _check_format(request: Request) -> None:
    encoding = request.header(b"content-encoding").lower()
    if encoding not in {"snappy", ""}:
        raise Refusal(415, Drop.UNSUPPORTED_ENCODING, "Content-Encoding must be snappy.")
    kind = request.header(b"content-type").lower()
    if "proto=" in kind and "prometheus.writerequest" not in kind:
        raise Refusal(415, Drop.UNSUPPORTED_ENCODING, "Send prometheus.WriteRequest (1.0).")


def _credentials(header: str) -> list[str]:
    """What may be a key: the bearer token, or password and user of basic auth."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return [rest.strip()] if rest.strip() else []
    if scheme.lower() != "basic":
        return []
    try:
        user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return []
    return [part for part in (password, user) if part]
