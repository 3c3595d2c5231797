"""The routes of Sentry's ingest protocol: `/api/<project>/{envelope,store,security,cron}/`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from uuid import UUID, uuid4

import orjson

from watchkeeper.ingest.accept import Acceptor, EnvelopeBatch
from watchkeeper.ingest.body import BodyLimits, read_body
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import InFlight, Refusal, Reply, Request, overload_of
from watchkeeper.ingest.keys import KeyFacts, Keys, admitted_key, check_origin
from watchkeeper.ingest.pipeline import Arrival, instant_ms
from watchkeeper.ingest.protocols.sentry import answers, parse
from watchkeeper.ingest.protocols.sentry.auth import key_of_dsn, sent_key
from watchkeeper.ingest.protocols.sentry.bodies import store_item, unpacked
from watchkeeper.ingest.protocols.sentry.categories import Category
from watchkeeper.ingest.protocols.sentry.counted import count_item
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.people import People
from watchkeeper.ingest.protocols.sentry.quotas import Quotas
from watchkeeper.ingest.protocols.sentry.reading import counts_of, read_items, take_event
from watchkeeper.ingest.protocols.sentry.report_dialog import (
    DIALOG_PATH,
    dialog_script,
    is_report_path,
    report_of,
)
from watchkeeper.ingest.protocols.sentry.security import Sender, security_events
from watchkeeper.ingest.protocols.sentry.totals import Summed, Totals
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.privacy import Scrubber

_PATH = re.compile(
    r"//?api/(?:(?P<project>[1-9][0-9]{0,8})/(?P<endpoint>[a-z]+)|(?P<tunnel>tunnel))"
    r"(?P<rest>/[^/]{1,100}(?:/[0-9a-f]{32})?)?/?"
)
_STORED = frozenset({"envelope", "store", "security", "cron"})
_REPORTS = frozenset({"dialog", "user-feedback"})
"""What people write about an error: by the dialog, or by an application's own form."""
_REFUSED = frozenset({"minidump", "unreal", "attachment", "playstation", "nel"})
_ROUTES = 1_000
"""Paths that need not be taken apart again: a project's senders all use one."""
_LARGE_BYTES = 256 * 1024
"""A body from here on is read in a thread, so that nobody waits for it."""
_UNPACKED = frozenset({"replay_recording", "replay_video"})
"""Items that may unpack to many times their size: in a thread too, and one envelope at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryOptions:
    """Bounds of what Sentry's SDKs may send. Section [ingest.sentry].

    per_minute: items of a category that one project may send in a minute; 0 or none: no bound.
    """

    limits: BodyLimits = field(default_factory=BodyLimits)
    max_event_bytes: int = 2**20
    """Largest single event, unpacked."""
    per_minute: Mapping[Category, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Envelope:
    header: parse.EnvelopeHeader
    items: list[parse.Item]


@dataclass(frozen=True, slots=True)
class _Route:
    """project_id: None for a tunnel, whose envelope names it. rest: the path behind, without /."""

    endpoint: str
    project_id: int | None
    rest: str = ""


class SentryEndpoint:
    """Answers the routes of Sentry's ingest protocol.

    What an envelope holds is acknowledged when all of it is on disk. An item that cannot be kept
    is counted with its reason and does not cost the others; it is told if nothing else was sent.
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
        options: SentryOptions | None = None,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._acceptor, self._keys, self._scrubber = acceptor, keys, scrubber
        self._clock, self._in_flight = clock, in_flight
        self._options = options or SentryOptions()
        self._quotas = Quotas.of(clock, self._options.per_minute)
        self._new_id = new_id
        self._totals = Totals()
        self._unpacking = asyncio.Semaphore(1)

    def owns(self, path: str) -> bool:
        """True if this endpoint answers the path."""
        return _route_of(path) is not None

    async def __call__(self, request: Request) -> Reply:
        """Answer one request; never raises but for what breaks the connection itself."""
        if request.method == "OPTIONS":
            return answers.preflight()
        route = _route_of(request.path)
        if route is None:
            return self._refused(Refusal(404, Drop.MALFORMED, "There is no such route."), 0)
        project_id = route.project_id or 0
        try:
            if request.project_id is not None and route.project_id != request.project_id:
                raise Refusal(400, Drop.WRONG_PROJECT, "The path names two projects.")
            return await self._answered(request, route)
        except parse.MalformedEnvelope as error:
            refusal = Refusal(400, Drop.MALFORMED, error.reason, position=error.position)
            return self._refused(refusal, project_id)
        except Refusal as refusal:
            return self._refused(refusal, project_id)
        except Overloaded as error:  # the acceptor has counted it
            return answers.refused(overload_of(error), project_id)

    async def _answered(self, request: Request, route: _Route) -> Reply:
        if route.endpoint in _REFUSED:
            raise _not_taken(route.endpoint)
        if route.endpoint in _REPORTS:
            return await self._reported(request, route)
        is_by_get = request.method == "GET" and route.endpoint in {"store", "cron"}
        if request.method != "POST" and not is_by_get:
            raise Refusal(405, Drop.MALFORMED, "Send this by POST.")
        key = sent_key(request) or (_key_in(route.rest) if route.endpoint == "cron" else "")
        known = None
        if key:  # before the body: a stranger holds no memory
            known = self._admit(request, key, route.project_id)
        async with read_body(request, self._options.limits, self._in_flight) as body:
            envelope, kept = await self._read(request, route, body, known)
        return await self._keep(envelope, kept[0], kept[1])

    async def _reported(self, request: Request, route: _Route) -> Reply:
        """The dialog for a web page, or what was written in it."""
        if request.method == "GET" and route.endpoint == "dialog":
            return answers.script(dialog_script())
        if request.method != "POST":
            raise Refusal(405, Drop.MALFORMED, "Send this by POST.")
        dsn = request.parameter("dsn") or _dsn_of(request.header(b"authorization"))
        key, project_id = key_of_dsn(dsn)
        if project_id is None:
            raise Refusal(401, Drop.UNKNOWN_KEY, "Send `Authorization: DSN <the project's DSN>`.")
        known = self._admit(request, key, project_id)
        async with read_body(request, self._options.limits, self._in_flight) as body:
            envelope, kept = await self._read(request, route, body, known)
        return await self._keep(envelope, kept[0], kept[1])

    async def _read(
        self, request: Request, route: _Route, body: bytes, known: KeyFacts | None
    ) -> tuple[_Envelope, tuple[Kept, int]]:
        """The items as rows; in a thread if they are many."""
        if len(body) < _LARGE_BYTES:
            envelope = self._parsed(request, route, body)
        else:
            envelope = await asyncio.to_thread(self._parsed, request, route, body)
        if known is None:
            key, project_id = _dsn_key(envelope.header, route.project_id)
            known = self._admit(request, key, project_id)
        project_id = known.project_id
        limited: Mapping[Category, Refusal] = {}
        if self._quotas.by_category:
            limited = self._quotas.spend(project_id, counts_of(envelope.items))
        facts = self._facts(envelope.header, self._scrubber.of(project_id), request.sender)
        taking = partial(self._taken, envelope, limited, (request, route), facts)
        if any(item.type in _UNPACKED for item in envelope.items):
            async with self._unpacking:
                return envelope, (await asyncio.to_thread(taking), project_id)
        if sum(len(item.payload) for item in envelope.items) < _LARGE_BYTES:
            return envelope, (taking(), project_id)
        return envelope, (await asyncio.to_thread(taking), project_id)

    def _parsed(self, request: Request, route: _Route, body: bytes) -> _Envelope:
        limits = self._options.limits
        body = unpacked(body, request.header(b"content-encoding"), limits)
        if route.endpoint == "store":
            if request.method == "GET":
                body = request.parameter("sentry_data").encode("utf-8", "replace")
            return _Envelope(parse.EnvelopeHeader(), [store_item(body, limits)])
        if route.endpoint in _REPORTS:
            report = parse.Item("user_report", report_of(request, body), 0)
            return _Envelope(parse.EnvelopeHeader(), [report])
        if route.endpoint == "security":
            return _Envelope(parse.EnvelopeHeader(), [parse.Item("security", body, 0)])
        if route.endpoint == "cron":
            check_in = _check_in_of(request, route, body)
            return _Envelope(parse.EnvelopeHeader(), [parse.Item("check_in", check_in, 0)])
        return _Envelope(*parse.parse_envelope(body))

    def _taken(
        self,
        envelope: _Envelope,
        limited: Mapping[Category, Refusal],
        asked: tuple[Request, _Route],
        facts: Facts,
    ) -> Kept:
        """What of the envelope is kept."""
        request, route = asked
        if route.endpoint == "security" and Category.SECURITY not in limited:
            kept = Kept()
            (item,) = envelope.items
            for event in security_events(item.payload, 0, _sender(request)):
                take_event(event, facts, kept)
            return kept
        return read_items(
            envelope.items,
            facts,
            limited=limited,
            max_event_bytes=self._options.max_event_bytes,
        )

    def _facts(
        self, header: parse.EnvelopeHeader, scrubber: Scrubber, sender: Callable[[], str]
    ) -> Facts:
        event_id = header.event_id
        return Facts(
            header=header,
            arrival=Arrival(
                received_ms=self._clock(),
                envelope_event_id=event_id if isinstance(event_id, str) else None,
                sent_ms=instant_ms(header.sent_at),
            ),
            scrubber=scrubber,
            people=People(scrubber),
            new_id=self._new_id,
            sender=sender,
        )

    async def _keep(self, envelope: _Envelope, kept: Kept, project_id: int) -> Reply:
        """Keep all rows in one append, and count what is not kept."""
        rows = tuple(kept.encoded())
        if rows or kept.points:
            await self._append(project_id, kept, EnvelopeBatch(rows=rows))
        self._count(envelope, kept)
        worst = next((one for one in kept.refused if not _is_filtered(one.refusal)), None)
        if worst is not None and not rows and not kept.points:
            return answers.refused(worst.refusal, project_id, kept.refused)
        event_id = kept.event_id or envelope.header.event_id
        return answers.taken(
            event_id if isinstance(event_id, str) else "", kept.refused, project_id
        )

    async def _append(self, project_id: int, kept: Kept, batch: EnvelopeBatch) -> None:
        if not kept.points:
            await self._acceptor.accept_envelope(project_id, batch)
            return
        summed: Summed = self._totals.add(project_id, kept.points, now_ms=self._clock())
        try:
            await self._acceptor.accept_envelope(
                project_id,
                EnvelopeBatch(
                    rows=batch.rows,
                    samples=summed.samples,
                    histograms=summed.histograms,
                    metadata=summed.metadata,
                ),
            )
        except BaseException:
            self._totals.forget(project_id, kept.points)
            raise

    def _count(self, envelope: _Envelope, kept: Kept) -> None:
        metrics = self._acceptor.metrics
        for item in envelope.items:
            count_item(item, metrics)
        for each in kept.refused:
            metrics.drop(each.refusal.drop, each.count)
        for drop, count in kept.drops.items():
            metrics.drop(drop, count)
        if kept.cuts:
            metrics.cut(kept.cuts)

    def _admit(self, request: Request, key: str, project_id: int | None) -> KeyFacts:
        found = admitted_key(self._keys, key, project_id=project_id)
        check_origin(request, found)
        return found

    def _refused(self, refusal: Refusal, project_id: int) -> Reply:
        self._acceptor.metrics.drop(refusal.drop)
        is_stranger = refusal.drop is Drop.UNKNOWN_KEY
        return answers.refused(refusal, 0 if is_stranger else project_id)


@lru_cache(maxsize=_ROUTES)
def _route_of(path: str) -> _Route | None:
    match = _PATH.fullmatch(path)
    if match is None and is_report_path(path):
        return _Route("dialog" if path.startswith(DIALOG_PATH) else "user-feedback", None)
    if match is None:
        return None
    if match["tunnel"]:
        return None if match["rest"] else _Route("envelope", None)
    endpoint, rest = match["endpoint"], (match["rest"] or "").strip("/")
    is_known = endpoint in _STORED | _REFUSED and bool(rest) == (endpoint == "cron")
    return _Route(endpoint, int(match["project"]), rest) if is_known else None


def _dsn_of(header: str) -> str:
    """The DSN of `Authorization: DSN https://key@host/1`, or empty."""
    scheme, _, dsn = header.partition(" ")
    return dsn.strip() if scheme.lower() == "dsn" else ""


def _key_in(rest: str) -> str:
    """The key of `/cron/<monitor>/<key>/`."""
    return rest.partition("/")[2]


def _dsn_key(header: parse.EnvelopeHeader, project_id: int | None) -> tuple[str, int | None]:
    """The key and project that the envelope's DSN names."""
    key, dsn_project = key_of_dsn(header.dsn)
    if project_id is not None and dsn_project not in {None, project_id}:
        raise Refusal(403, Drop.WRONG_PROJECT, "The envelope's DSN names another project.")
    if project_id is None and dsn_project is None:
        raise Refusal(401, Drop.UNKNOWN_KEY, "A tunnelled envelope needs a DSN in its header.")
    return key, dsn_project if project_id is None else project_id


def _check_in_of(request: Request, route: _Route, body: bytes) -> bytes:
    """A check-in by HTTP: its fields in the query, or as JSON."""
    found = parse.parse_object(body) if body.strip() else {}
    for name in ("status", "check_in_id", "duration", "environment"):
        if value := request.parameter(name):
            found[name] = value
    found["monitor_slug"] = route.rest.partition("/")[0]
    found.setdefault("status", "ok")
    return orjson.dumps(found)


def _sender(request: Request) -> Sender:
    return Sender(
        release=request.parameter("sentry_release")[:250],
        environment=request.parameter("sentry_environment")[:250],
        user_agent=request.header(b"user-agent")[:1_000],
    )


def _is_filtered(refusal: Refusal) -> bool:
    """Left out because the project wants it so: no fault of the sender, who is answered as ever."""
    return refusal.status == 403 and refusal.drop in {Drop.UNSCRUBBABLE, Drop.NOT_WANTED}


def _not_taken(endpoint: str) -> Refusal:
    return Refusal(
        415,
        Drop.UNSUPPORTED_ITEM,
        f"Uploads to /{endpoint}/ are not taken; send events to /envelope/.",
    )
