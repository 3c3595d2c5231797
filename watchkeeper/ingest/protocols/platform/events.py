"""A body as events of a platform: what each is about, how it stands, when. Pure.

Rule: docs/wire/platform-events.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import orjson

from watchkeeper.ingest.pipeline import flat, instant_ns
from watchkeeper.lib.clock import NS_A_MS

MOST_EVENTS = 10_000
_LONGEST_MS = 366 * 24 * 3_600_000
_LONGEST_NAME = 250


class Subject(StrEnum):
    """What an event is about."""

    DEPLOYMENT = "deployment"
    BUILD = "build"
    FUNCTION = "function"
    API_CALL = "api_call"
    DOMAIN = "domain"


class TooManyEvents(Exception):
    """A request holds more events than one may."""


class MalformedEvent(Exception):
    """An event, or the body, cannot be understood; says why, and what it needs."""


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """Why one event of a body was left out. number: its place, from 1."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformEvent:
    """One event. What is not told is empty or None.

    name: of the deployment, the function, the build's phase, the endpoint or the domain.
    status: started, in_progress, success or failure. at_ns: when this was so; start_ns: when it
    began, if told. rest: the other fields, flat.
    """

    subject: Subject
    type: str
    name: str
    status: str
    at_ns: int
    start_ns: int | None
    duration_ms: float | None
    deployment_id: str
    error: str
    rest: Mapping[str, str]


_WORDS = {
    "started": "started", "start": "started", "pending": "started", "queued": "started",
    "progress": "in_progress", "in_progress": "in_progress", "running": "in_progress",
    "building": "in_progress",
    "success": "success", "succeeded": "success", "completed": "success", "complete": "success",
    "finished": "success", "ok": "success", "ready": "success", "live": "success",
    "issued": "success", "renewed": "success", "verified": "success", "added": "success",
    "removed": "success", "end": "success", "ended": "success", "active": "success",
    "failure": "failure", "failed": "failure", "fail": "failure", "error": "failure",
    "canceled": "failure", "cancelled": "failure", "crashed": "failure", "timeout": "failure",
    "expired": "failure", "revoked": "failure",
}  # fmt: skip
"""A status, or the last word of a type, as one of four."""
_SUBJECTS = {
    "deployment": Subject.DEPLOYMENT, "deploy": Subject.DEPLOYMENT,
    "build": Subject.BUILD,
    "function": Subject.FUNCTION, "invocation": Subject.FUNCTION,
    "api": Subject.API_CALL, "request": Subject.API_CALL,
    "domain": Subject.DOMAIN, "ssl": Subject.DOMAIN, "certificate": Subject.DOMAIN,
    "cert": Subject.DOMAIN, "tls": Subject.DOMAIN,
}  # fmt: skip
_NAMES = {
    Subject.FUNCTION: ("function_id", "deployment_function_id", "function", "function_name"),
    Subject.BUILD: ("phase",),
    Subject.DOMAIN: ("domain", "hostname"),
    Subject.API_CALL: ("endpoint", "route", "path", "url"),
    Subject.DEPLOYMENT: ("deployment_id",),
}
"""Fields that name the subject; an event without a type is about the first that has one."""
_ERROR = ("error", "error_message", "reason")
_AT = ("timestamp", "time", "ts", "last_invoked_at")


def read_events(body: bytes, *, received_ms: int) -> tuple[list[PlatformEvent], list[RefusedEvent]]:
    """The events of a body, one object, an array, or a line each; and those that are none.

    Raises TooManyEvents.
    """
    found = _objects(body)
    if len(found) > MOST_EVENTS:
        raise TooManyEvents
    events, refused = [], []
    for number, one in enumerate(found, start=1):
        try:
            events.append(_event(one, received_ms))
        except MalformedEvent as error:
            refused.append(RefusedEvent(number, str(error)))
    return events, refused


def _objects(body: bytes) -> list[object]:
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [line for line in body.split(b"\n", MOST_EVENTS + 1) if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _event(told: object, received_ms: int) -> PlatformEvent:
    if isinstance(told, bytes):
        try:
            told = orjson.loads(told)
        except orjson.JSONDecodeError as error:
            raise MalformedEvent(f"This is no JSON: {error}.") from error
    if not isinstance(told, dict):
        raise MalformedEvent("An event is a JSON object.")
    fields = _Fields(told)
    kind = fields.text("type", "event", "event_type").lower().replace("-", "_").replace(".", "_")
    subject = _subject(kind, fields)
    if subject is None:
        raise MalformedEvent(
            "It has no known type: send type deployment, build, function, api_call or domain, "
            "or one of deployment_id, phase, function_id, endpoint, domain."
        )
    name = fields.text(*_NAMES[subject])
    if not name:
        raise MalformedEvent(f"An event about a {subject} needs {_NAMES[subject][0]}.")
    return _read(subject, kind, name[:_LONGEST_NAME], fields, received_ms)


def _read(
    subject: Subject, kind: str, name: str, fields: _Fields, received_ms: int
) -> PlatformEvent:
    start_ns = fields.instant("start_time", "started_at")
    end_ns = fields.instant("end_time", "ended_at", "finished_at")
    at_ns = end_ns or fields.instant(*_AT) or start_ns or received_ms * NS_A_MS
    duration_ms = fields.milliseconds("duration_ms", "response_time_ms", "duration")
    if duration_ms is None and start_ns and end_ns and end_ns >= start_ns:
        duration_ms = (end_ns - start_ns) / NS_A_MS
    error = fields.text(*_ERROR)
    is_whole = duration_ms is not None or end_ns is not None
    return PlatformEvent(
        subject=subject,
        type=kind,
        name=name,
        status=_status(subject, kind, fields, is_whole=is_whole, error=error),
        at_ns=at_ns,
        start_ns=start_ns,
        duration_ms=duration_ms,
        deployment_id=fields.text("deployment_id")[:_LONGEST_NAME],
        error=error,
        rest=fields.rest(),
    )


def _subject(kind: str, fields: _Fields) -> Subject | None:
    for word in kind.split("_"):
        if word in _SUBJECTS:
            return _SUBJECTS[word]
    return next((one for one, names in _NAMES.items() if fields.has(*names)), None)


def _status(subject: Subject, kind: str, fields: _Fields, *, is_whole: bool, error: str) -> str:
    """As told by `status`, else by the type's last word, else by what an event of it has."""
    word = fields.text("status", "state").lower().replace("-", "_").replace(" ", "_")
    known = _WORDS.get(word) or _WORDS.get(kind.rpartition("_")[2])
    if known:
        return known
    if error:
        return "failure"
    is_over = is_whole or subject in (Subject.API_CALL, Subject.DOMAIN)
    return "success" if is_over else "started"


class _Fields:
    """The fields of an event; each is taken out once it was read. Names may be in camel case."""

    def __init__(self, told: dict[str, object]) -> None:
        self._left = {_snake(name): value for name, value in told.items()}

    def has(self, *names: str) -> bool:
        return any(self._left.get(name) not in (None, "") for name in names)

    def text(self, *names: str) -> str:
        """The first that is told, as text."""
        found = ""
        for name in names:
            value = self._left.get(name)
            if not found and value not in (None, "", {}, []):
                found = value if isinstance(value, str) else orjson.dumps(value).decode()
                del self._left[name]
        return found

    def instant(self, *names: str) -> int | None:
        """Unix ns of the first that tells a time: ms or s as a number, or RFC 3339."""
        for name in names:
            value = self._left.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                at_ns = instant_ns(value)
                if at_ns:
                    del self._left[name]
                    return at_ns
        return None

    def milliseconds(self, *names: str) -> float | None:
        for name in names:
            value = self._left.get(name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if is_number and isinstance(value, int | float) and 0 <= value <= _LONGEST_MS:
                del self._left[name]
                return float(value)
        return None

    def rest(self) -> dict[str, str]:
        left = {name: value for name, value in self._left.items() if value not in (None, "")}
        return flat(left)  # type: ignore[arg-type]  # parsed JSON


def _snake(name: str) -> str:
    """functionId and FunctionID as function_id."""
    made: list[str] = []
    for at, char in enumerate(name):
        begins = char.isupper() and at > 0 and (name[at - 1].islower() or name[at - 1].isdigit())
        made.append(f"_{char.lower()}" if begins else char.lower())
    return "".join(made)
