"""The parts of a Sentry event that decide where it goes and what is kept beside its payload."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec

from watchkeeper.issues.grouping import ExceptionValue, Groupable, Stacktrace
from watchkeeper.issues.messages import filled
from watchkeeper.issues.places import culprit_of, name_native, own_function
from watchkeeper.issues.tags import derived_tags
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import KNOWN_BY, Severity, person_key

LEVELS = ("fatal", "error", "warning", "info", "debug")
_LEVEL_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **{level: level for level in LEVELS},
        "critical": "fatal",
        "warn": "warning",
        "log": "info",
        "information": "info",
        "trace": "debug",
    }
)
_LEVEL_STEP = 10
"""Between the numbers of Python's levels: debug is 10, critical 50."""
OLDEST_MS = 30 * DAY_MS
"""An event that claims to be older happened at an unknown time: it counts as of its arrival."""

_HIDDEN = "[Filtered]"
"""What the scrubber puts in place of a value; it tells nobody apart."""

_REPAIRS = 32
"""Wrongly typed fields dropped from one event before it is given up."""
_TITLE, _CULPRIT, _WORD, _RELEASE, _TAG = 300, 300, 64, 250, 200
_MAX_TAGS = 100
_URL, _MAX_FUNCTIONS = 1_000, 100


_NOTHING = msgspec.Raw(b"null")


class Values(msgspec.Struct):
    """Exceptions as most SDKs send them."""

    values: list[ExceptionValue | None] | None = None


class Message(msgspec.Struct):
    """A log message, before and after its parameters were filled in."""

    message: str | None = None
    formatted: str | None = None
    params: Any = None


class SentryEvent(msgspec.Struct):
    """What is read of an event; all else stays in its payload, untouched."""

    event_id: str
    timestamp: str | float | None = None
    level: str | float | None = None
    platform: str | None = None
    transaction: str | None = None
    logger: str | None = None
    release: str | None = None
    environment: str | None = None
    server_name: str | None = None
    fingerprint: list[Any] | None = None
    message: str | Message | None = None
    logentry: Message | None = None
    exception: Values | list[ExceptionValue | None] | None = None
    tags: dict[str, Any] | list[list[Any] | None] | None = None
    user: dict[str, Any] | None = None
    contexts: dict[str, Any] | None = None
    request: dict[str, Any] | None = None
    culprit: str | None = None
    checksum: str | None = None
    debug_meta: dict[str, Any] | None = None
    stacktrace: msgspec.Raw = _NOTHING
    threads: msgspec.Raw = _NOTHING


class Thread(msgspec.Struct):
    """One thread of an event; the others are not read here."""

    current: bool | None = None
    crashed: bool | None = None
    stacktrace: Stacktrace | None = None


class Threads(msgspec.Struct):
    """Threads as most SDKs send them."""

    values: list[Thread | None] | None = None


_threads = msgspec.json.Decoder(Threads | list[Thread | None] | None).decode
_stack = msgspec.json.Decoder(Stacktrace | None).decode
_UNREAD = frozenset({"stacktrace", "threads"})
"""Read only where nothing else tells the place."""
_decode = msgspec.json.Decoder(SentryEvent).decode
_PLACE = re.compile(r"`(\$[^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFacts:
    """What is kept of an event beside its payload: one row of `errors`."""

    event_id: str
    ts_ms: int
    level: str
    type: str
    value: str
    title: str
    culprit: str
    transaction: str
    platform: str
    environment: str
    release: str
    server_name: str
    user_key: str
    trace_id: str
    span_id: str
    is_handled: bool
    tags: dict[str, str]
    groupable: Groupable
    url: str = ""
    function: str = ""
    functions: str = ""
    user_email: str = ""
    user_name: str = ""
    user_ip: str = ""

    @property
    def severity(self) -> Severity:
        return severity_of(self.level, is_handled=self.is_handled)


def severity_of(level: str, *, is_handled: bool) -> Severity:
    """How bad one event is: what nobody caught is worse. Rule: docs/spec/grouping.md."""
    match level:
        case "fatal":
            return Severity.CRITICAL
        case "error":
            return Severity.MEDIUM if is_handled else Severity.HIGH
        case "warning":
            return Severity.LOW if is_handled else Severity.MEDIUM
        case _:
            return Severity.LOW


def level_of(sent: str | float | None) -> str:
    """One of LEVELS: what was sent, also as another SDK's word or as a number of Python's."""
    if isinstance(sent, str) and not sent.isdecimal():
        return _LEVEL_WORDS.get(sent.lower(), "error")
    number = float(sent or 0)
    if not _LEVEL_STEP <= number <= _LEVEL_STEP * len(LEVELS):
        return "error"
    return LEVELS[len(LEVELS) - int(number // _LEVEL_STEP)]


def read_event(payload: bytes) -> SentryEvent:
    """The event in JSON bytes; fields of a wrong type are left out, as if they were not sent.

    Raises msgspec.DecodeError if it is no JSON object, ValueError if nothing usable is left.
    """
    try:
        return _decode(payload)
    except msgspec.ValidationError:
        return _repaired(msgspec.json.decode(payload))


def _repaired(tree: Any) -> SentryEvent:
    for name in _UNREAD & tree.keys() if isinstance(tree, dict) else ():
        tree[name] = msgspec.Raw(msgspec.json.encode(tree[name]))
    for _ in range(_REPAIRS):
        try:
            return msgspec.convert(tree, SentryEvent)
        except msgspec.ValidationError as error:
            place = _PLACE.search(str(error))
            steps = _STEP.findall(place[1]) if place else []
            if not steps or steps[0][0] == "event_id":
                raise ValueError(str(error)) from error
            _drop(tree, steps)
    raise ValueError(f"more than {_REPAIRS} fields have a wrong type")


def _drop(tree: Any, steps: list[tuple[str, str]]) -> None:
    """Take out what the steps lead to; `[...]` (a key of a map) takes out the whole map."""
    at = tree
    for (name, index), (_next_name, next_index) in zip(steps, [*steps[1:], ("", "")], strict=True):
        is_last = (_next_name, next_index) == ("", "") or next_index == "..."
        key = name or int(index)
        if is_last:
            at[key] = None
            return
        at = at[key]


def facts_of(event: SentryEvent, *, received_ms: int) -> ErrorFacts:
    """Read the facts off an event. received_ms: when it was accepted, Unix ms."""
    chain = tuple(_chain(event))
    if event.debug_meta:
        name_native(chain, event.debug_meta)
    platform = event.platform or ""
    told = event.transaction or event.culprit or ""
    main = chain[-1] if chain else None
    message = _message(event)
    kind = (main.type or "") if main else ""
    value = _text(main.value) if main else message
    trace = event.contexts.get("trace") if event.contexts else None
    trace = trace if isinstance(trace, dict) else {}
    return ErrorFacts(
        event_id=event.event_id,
        ts_ms=_ts_ms(event.timestamp, received_ms),
        level=level_of(event.level),
        type=_cut(kind or ("message" if not main else "Error"), 200),
        value=value,
        title=_title(kind, value or message),
        culprit=_cut(culprit_of(platform, _placed(event, main), told) or event.logger, _CULPRIT),
        transaction=_cut(event.transaction, 200),
        platform=_cut(event.platform, 32),
        environment=_cut(event.environment, _WORD),
        release=_cut(event.release, _RELEASE),
        server_name=_cut(event.server_name, _TAG),
        user_key=_cut(_user_key(event.user), _TAG),
        trace_id=_cut(trace.get("trace_id"), 32),
        span_id=_cut(trace.get("span_id"), 16),
        is_handled=not any(e.mechanism and e.mechanism.handled is False for e in chain),
        tags=derived_tags(event.contexts, chain, logger=event.logger or "") | dict(_tags(event)),
        groupable=_groupable(event, chain, message),
        url=_cut(event.request.get("url") if event.request else None, _URL),
        function=_cut(own_function(platform, main), _TAG),
        functions=_functions(chain),
        user_email=_person(event.user, "email"),
        user_name=_person(event.user, "username"),
        user_ip=_person(event.user, "ip_address"),
    )


def _chain(event: SentryEvent) -> Iterator[ExceptionValue]:
    listed = event.exception
    values = listed.values if isinstance(listed, Values) else listed
    for exception in values or ():
        if exception is not None and (exception.type or exception.value or exception.stacktrace):
            yield exception


def _placed(event: SentryEvent, main: ExceptionValue | None) -> ExceptionValue | None:
    """What tells the place: the exception's own stack, else the stack that stands beside it."""
    has_stack = main is not None and main.stacktrace is not None and main.stacktrace.frames
    return main if has_stack else _stack_of(event)


def _stack_of(event: SentryEvent) -> ExceptionValue | None:
    """The event's stack where no exception has one: its own, or the thread's that sent it."""
    try:
        if own := _stack(event.stacktrace):
            return ExceptionValue(stacktrace=own)
        found = _threads(event.threads)
    except msgspec.DecodeError:
        return None
    listed = (found.values if isinstance(found, Threads) else found) or []
    threads = [one for one in listed if one is not None and one.stacktrace is not None]
    sent = [one for one in threads if one.current or one.crashed]
    chosen = sent or (threads if len(threads) == 1 else [])
    return ExceptionValue(stacktrace=chosen[0].stacktrace) if chosen else None


def _groupable(event: SentryEvent, chain: tuple[ExceptionValue, ...], message: str) -> Groupable:
    entry = _entry(event)
    template = (entry.message or "") if entry and entry.params else ""
    return Groupable(
        fingerprint=tuple(_fingerprint(event)),
        chain=chain,
        message=message,
        template=template,
        platform=event.platform or "",
        transaction=event.transaction or "",
    )


def _fingerprint(event: SentryEvent) -> Iterator[str]:
    """What the sender groups by. checksum: the same from SDKs before there were fingerprints."""
    parts = event.fingerprint or ([event.checksum] if event.checksum else [])
    yield from (str(part) for part in parts if part is not None)


def _entry(event: SentryEvent) -> Message | None:
    if event.logentry is not None:
        return event.logentry
    return event.message if isinstance(event.message, Message) else None


def _message(event: SentryEvent) -> str:
    entry = _entry(event)
    if entry is not None:
        return _clean(entry.formatted or filled(entry.message or "", entry.params))
    return _clean(event.message) if isinstance(event.message, str) else ""


def _title(kind: str, text: str) -> str:
    first_line = text.strip().split("\n", 1)[0]
    both = f"{kind}: {first_line}" if kind and first_line else kind or first_line
    return _cut(both or "(no message)", _TITLE)


def _functions(chain: tuple[ExceptionValue, ...]) -> str:
    """Names of all functions of the stacks, each once and between line feeds, for searching."""
    names: dict[str, None] = {}
    for exception in chain:
        for frame in (exception.stacktrace and exception.stacktrace.frames) or ():
            if frame is not None and frame.function:
                names[_cut(frame.function.replace("\n", " "), _TAG)] = None
    kept = list(names)[-_MAX_FUNCTIONS:]
    return "\n" + "\n".join(kept) + "\n" if kept else ""


def _person(user: dict[str, Any] | None, name: str) -> str:
    value = user.get(name) if user else None
    return _cut(str(value), _TAG) if isinstance(value, str | int) and value != _HIDDEN else ""


def _ts_ms(sent: str | float | None, received_ms: int) -> int:
    """When it happened; the arrival where the sender's clock cannot be believed."""
    try:
        ts_ms = _parsed_ms(sent)
    except (ValueError, OverflowError):
        return received_ms
    if ts_ms is None or not received_ms - OLDEST_MS <= ts_ms <= received_ms + MINUTE_MS:
        return received_ms
    return ts_ms


def _parsed_ms(sent: str | float | None) -> int | None:
    if sent is None:
        return None
    if isinstance(sent, str):
        when = datetime.fromisoformat(sent)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return round(when.timestamp() * SECOND_MS)
    return round(sent * SECOND_MS)


def _user_key(user: dict[str, Any] | None) -> str:
    """What tells people apart, the most stable first; values are scrubbed already."""
    for name in KNOWN_BY:
        value = user.get(name) if user else None
        if isinstance(value, str | int) and value != "" and _HIDDEN not in str(value):
            return person_key(str(value), name)
    return ""


def _tags(event: SentryEvent) -> Iterator[tuple[str, str]]:
    sent = event.tags
    pairs = (
        list(sent.items())
        if isinstance(sent, dict)
        else [pair for pair in sent or () if pair and len(pair) == 2]
    )
    for name, value in pairs[:_MAX_TAGS]:
        if value is not None:
            yield _cut(str(name), _TAG), _cut(_text(value), _TAG)


def _text(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, str):
        return _clean(value)
    return "" if value is None else _clean(msgspec.json.encode(value).decode())


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL cannot hold."""
    return text.replace("\x00", "") if "\x00" in text else text


def _cut(text: object, length: int) -> str:
    return _clean(text)[:length] if isinstance(text, str) else ""
