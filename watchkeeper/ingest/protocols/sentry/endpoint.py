"""`POST /api/<project>/envelope/` and `/store/`, as Sentry's SDKs send them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID, uuid4

import msgspec

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.body import BodyLimits, read_body, unpack
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import (
    JSON_TYPE,
    Header,
    InFlight,
    Refusal,
    Reply,
    Request,
    refusal_body,
)
from watchkeeper.ingest.keys import KeyFacts, Keys, admitted_key, check_origin
from watchkeeper.ingest.pipeline import Arrival, PreparedEvent, instant_ms, prepare_event
from watchkeeper.ingest.protocols.sentry import parse
from watchkeeper.ingest.quota import Quota
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.privacy import Json, Scrubber

_PATH = re.compile(r"/api/(?P<project>[1-9][0-9]{0,8})/(?P<endpoint>[a-z]+)/?")
_STORED = frozenset({"envelope", "store"})
_REFUSED = frozenset({"minidump", "unreal", "security", "attachment", "playstation", "nel"})
_CATEGORIES = frozenset({
    "transaction", "span", "log", "trace_metric", "statsd", "metric_buckets", "session", "sessions",
    "attachment", "feedback", "user_report", "replay_event", "replay_recording", "replay_video",
    "profile", "profile_chunk", "check_in", "raw_security", "form_data",
})  # fmt: skip
_ORIGIN: Header = (b"access-control-allow-origin", b"*")
_EXPOSE: Header = (
    b"access-control-expose-headers",
    b"x-sentry-error, x-sentry-rate-limits, retry-after",
)
_JSON = (JSON_TYPE, _ORIGIN, _EXPOSE)
_PREFLIGHT: tuple[Header, ...] = (
    _ORIGIN,
    _EXPOSE,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"x-sentry-auth, x-requested-with, origin, accept, content-type, authentication, "
        b"authorization, content-encoding, sentry-trace, baggage, traceparent",
    ),
    (b"access-control-max-age", b"3600"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryOptions:
    """Bounds of what Sentry's SDKs may send. Section [ingest.sentry]."""

    limits: BodyLimits = field(default_factory=BodyLimits)
    max_event_bytes: int = 2**20
    """Largest single event, unpacked."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    header: parse.EnvelopeHeader
    items: list[parse.Item]


class SentryEndpoint:
    """Answers the routes of Sentry's ingest protocol.

    An event is acknowledged when it is on disk. Items that are not stored yet are accepted and
    counted by category, so that no SDK stops sending what is.
    """

    name = "sentry"

    def __init__(
        self,
        *,
        acceptor: Acceptor,
        keys: Keys,
        scrubber: Scrubber,
        clock: Clock,
        in_flight: InFlight,
        quota: Quota,
        options: SentryOptions | None = None,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._acceptor, self._keys, self._scrubber = acceptor, keys, scrubber
        self._clock, self._in_flight, self._quota = clock, in_flight, quota
        self._options = options or SentryOptions()
        self._new_id = new_id

    def owns(self, path: str) -> bool:
        """True if this endpoint answers the path."""
        match = _PATH.fullmatch(path)
        return match is not None and match["endpoint"] in _STORED | _REFUSED

    async def __call__(self, request: Request) -> Reply:
        """Answer one request; never raises but for what breaks the connection itself."""
        if request.method == "OPTIONS":
            return Reply(204, b"", _PREFLIGHT)
        match = _PATH.fullmatch(request.path)
        project_id = int(match["project"]) if match else 0
        try:
            if request.project_id not in {None, project_id}:
                raise Refusal(400, Drop.WRONG_PROJECT, "The path names two projects.")
            if match is None or request.method != "POST":
                raise Refusal(405, Drop.MALFORMED, "Send this by POST.")
            if match["endpoint"] in _REFUSED:
                raise _not_taken(match["endpoint"])
            key = _sent_key(request)
            if key:  # before the body: a stranger holds no memory
                self._admit(request, key, project_id)
            async with read_body(request, self._options.limits, self._in_flight) as body:
                envelope = self._parsed(request, body, match["endpoint"])
            if not key:
                self._admit(request, _dsn_key(envelope.header, project_id), project_id)
            return await self._keep(envelope, project_id)
        except parse.MalformedEnvelope as error:
            refusal = Refusal(400, Drop.MALFORMED, error.reason, position=error.position)
            return self._refused(refusal, project_id)
        except Refusal as refusal:
            return self._refused(refusal, project_id)
        except Overloaded as error:
            return self._refused(
                Refusal(503, Drop.SPOOL_FULL, str(error), retry_after_s=error.retry_after_s),
                project_id,
                is_counted=True,
            )

    def _parsed(self, request: Request, body: bytes, endpoint: str) -> _Envelope:
        body = unpack(body, request.header(b"content-encoding"), self._options.limits)
        if endpoint == "store":
            return _Envelope(parse.EnvelopeHeader(), [parse.Item("event", body, 0)])
        return _Envelope(*parse.parse_envelope(body))

    async def _keep(self, envelope: _Envelope, project_id: int) -> Reply:
        """Prepare all events, keep them in one append, and count what is not stored."""
        prepared = self._prepared(envelope)
        if prepared:
            self._quota.spend(project_id, len(prepared))
            await self._acceptor.accept_errors(project_id, [event.content for event in prepared])
        self._count_others(envelope.items)
        event_id = prepared[0].event_id if prepared else envelope.header.event_id
        return Reply(200, msgspec.json.encode({"id": event_id} if event_id else {}), _JSON)

    def _admit(self, request: Request, key: str, project_id: int) -> KeyFacts:
        found = admitted_key(self._keys, key, project_id=project_id)
        check_origin(request, found)
        return found

    def _prepared(self, envelope: _Envelope) -> list[PreparedEvent]:
        arrival = Arrival(
            received_ms=self._clock(),
            envelope_event_id=envelope.header.event_id,
            sent_ms=instant_ms(envelope.header.sent_at),
        )
        return [self._prepare(item, arrival) for item in envelope.items if item.type == "event"]

    def _prepare(self, item: parse.Item, arrival: Arrival) -> PreparedEvent:
        limit = self._options.max_event_bytes
        if len(item.payload) > limit:
            raise Refusal(
                413, Drop.TOO_LARGE, f"An event is larger than {limit:,} bytes.", limit_bytes=limit
            )
        event = cast("dict[str, Json]", parse.parse_event(item.payload, item.position))
        try:
            return prepare_event(
                event, arrival=arrival, scrubber=self._scrubber, new_id=self._new_id
            )
        except ValueError as error:
            raise parse.MalformedEnvelope(
                item.position, f"An event is not JSON: {error}."
            ) from error

    def _count_others(self, items: list[parse.Item]) -> None:
        for item in items:
            if item.type == "event":
                continue
            if item.type == "client_report":
                report = parse.parse_client_report(item.payload)
                lost = sum(max(0, entry.quantity) for entry in report.discarded_events)
                self._acceptor.metrics.drop(Drop.CLIENT_DISCARDED, lost)
            else:
                category = item.type if item.type in _CATEGORIES else "other"
                self._acceptor.metrics.unsupported(category)

    def _refused(self, refusal: Refusal, project_id: int, *, is_counted: bool = False) -> Reply:
        if not is_counted:  # the acceptor counts what the spool refuses
            self._acceptor.metrics.drop(refusal.drop)
        headers: tuple[Header, ...] = (
            *_JSON,
            (b"x-sentry-error", refusal.reason.encode("latin-1", "replace")),
        )
        if refusal.retry_after_s is not None:
            seconds = str(refusal.retry_after_s).encode()
            limit = b"%s:error:project:%s" % (seconds, refusal.drop.value.encode())
            headers = (*headers, (b"retry-after", seconds), (b"x-sentry-rate-limits", limit))
        known = refusal.project_id or (0 if refusal.drop is Drop.UNKNOWN_KEY else project_id)
        return Reply(refusal.status, refusal_body(refusal), headers, refusal.drop, known)


def _sent_key(request: Request) -> str:
    """The key of the header or the query; empty if it can only be in the envelope."""
    for name in (b"x-sentry-auth", b"authorization"):
        key = parse.key_of_auth(request.header(name))
        if key:
            return key
    return request.parameter("sentry_key")


def _dsn_key(header: parse.EnvelopeHeader, project_id: int) -> str:
    key, dsn_project = parse.key_of_dsn(header.dsn or "")
    if dsn_project is not None and dsn_project != project_id:
        raise Refusal(403, Drop.WRONG_PROJECT, "The envelope's DSN names another project.")
    return key


def _not_taken(endpoint: str) -> Refusal:
    return Refusal(
        415,
        Drop.UNSUPPORTED_ITEM,
        f"Uploads to /{endpoint}/ are not taken; send events to /envelope/.",
    )
