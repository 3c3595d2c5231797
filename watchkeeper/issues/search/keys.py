"""The words that a search may name: where each is looked up, and what may stand after it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    """Whose word it is: the issue's own row, its events in the range, or their number."""

    ISSUE = "issue"
    EVENTS = "events"
    COUNTS = "counts"


class Kind(Enum):
    """What may stand after the colon."""

    FLAG = "flag"
    TEXT = "text"
    PART = "part"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """values: all that are allowed (none: any). aliases: other spellings, as other tools have it.

    PART matches anywhere inside, TEXT the whole value.
    """

    name: str
    place: Place
    kind: Kind
    about: str
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


FLAGS = (
    "unresolved", "resolved", "ignored", "regressed", "new", "assigned", "unassigned", "for_me",
    "handled", "unhandled",
)  # fmt: skip
_LEVELS = ("fatal", "error", "warning", "info", "debug")
_SEVERITIES = ("critical", "high", "medium", "low")


def _issue(name: str, kind: Kind, about: str, *aliases: str, values: tuple[str, ...] = ()) -> Key:
    return Key(name=name, place=Place.ISSUE, kind=kind, about=about, aliases=aliases, values=values)


def _event(name: str, about: str, *aliases: str, kind: Kind = Kind.TEXT) -> Key:
    return Key(name=name, place=Place.EVENTS, kind=kind, about=about, aliases=aliases)


KEYS: tuple[Key, ...] = (
    _issue("is", Kind.FLAG, "state of the issue", values=FLAGS),
    _issue("assigned", Kind.TEXT, "e-mail, me or none", "assigned_to", "assignee"),
    _issue("level", Kind.TEXT, "of the newest event", values=_LEVELS),
    _issue("severity", Kind.TEXT, "of the issue", values=_SEVERITIES),
    _issue("type", Kind.TEXT, "class of the exception", "error.type"),
    _issue("message", Kind.PART, "text of the error", "error.value"),
    _issue("title", Kind.PART, "type and first line"),
    _issue("culprit", Kind.PART, "where it happened", "location"),
    _issue("platform", Kind.TEXT, "python, javascript, …", "platform.name"),
    _issue("first_release", Kind.TEXT, "release of the first event, or latest",
           "firstRelease", "first-release"),
    _issue("first_seen", Kind.TIME, "-24h, >2026-11-01, …", "firstSeen", "age"),
    _issue("last_seen", Kind.TIME, "-1h, <2026-11-01, …", "lastSeen"),
    _event("release", "of an event; latest is the newest one"),
    _event("environment", "of an event", "env"),
    _event("user.id", "who was there"),
    _event("user.email", "who was there"),
    _event("user.username", "who was there", "user.name"),
    _event("user.ip", "address of who was there", "user.ip_address"),
    _event("url", "of the request", "http.url", kind=Kind.PART),
    _event("transaction", "route or task"),
    _event("server_name", "host of the event", "server", "host"),
    _event("stack.function", "a function in the stack", "function"),
    _event("trace", "trace id, 32 hex digits", "trace_id"),
    _event("id", "event id, 32 hex digits", "event", "event_id", "event.id"),
    _event("error.handled", "yes or no", "handled"),
    _event("tag", "tag[name]:value, or name:value"),
    Key(name="events", place=Place.COUNTS, kind=Kind.NUMBER, about="events in the range, >100",
        aliases=("times_seen", "timesSeen", "count")),
    Key(name="users", place=Place.COUNTS, kind=Kind.NUMBER, about="people in the range, >=5",
        aliases=("users_affected",)),
    Key(name="has", place=Place.EVENTS, kind=Kind.TEXT, about="the field or tag is there"),
)  # fmt: skip

_BY_NAME = {name: key for key in KEYS for name in (key.name, *key.aliases)}


def key_named(name: str) -> Key | None:
    """The key with this name or other spelling; None is the name of a tag."""
    return _BY_NAME.get(name) or _BY_NAME.get(name.lower())
