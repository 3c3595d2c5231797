"""One line of StatsD and of its dialects: DogStatsD, Telegraf, Graphite, SignalFx, Librato. Pure.

Nothing here raises for what was sent: a line is read, or the reason why not is returned.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_LINE = 65_536
"""Bytes; a datagram cannot be longer either."""

_LEAST_RATE = 1e-9
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(rb"[0-9]{1,12}")
_TAG_MARK = re.compile(rb"[;,#]")
"""What begins the tags in a name: of Graphite, Telegraf and Librato."""
_ORIGIN = re.compile(rb"(?:\|(?:c|e|card):[^|]*)+\Z")
"""What clients put behind everything else to say from where they send."""
_BEHIND_MESSAGE = re.compile(rb"(?:\|(?:#|h:|d:[0-9])[^|]*)+\Z")
"""Ruby's client writes a check's tags behind its message, which should be the last field."""
_HEADER = re.compile(rb"_e\{([0-9]{1,6}),([0-9]{1,6})\}:")


class MetricType(StrEnum):
    """What a line says its value is, as it says it."""

    COUNTER = "c"
    GAUGE = "g"
    TIMER = "ms"
    HISTOGRAM = "h"
    DISTRIBUTION = "d"
    SET = "s"


OBSERVED = frozenset({MetricType.TIMER, MetricType.HISTOGRAM, MetricType.DISTRIBUTION})
_TYPES = {each.value.encode(): each for each in MetricType}


class BadLine(StrEnum):
    """Why a line, or one of its values, was not taken. Also a label of our own metric."""

    MALFORMED_LINE = "malformed_line"
    """No name, no value or no type."""
    MALFORMED_VALUE = "malformed_value"
    """The value is no finite decimal number."""
    UNKNOWN_TYPE = "unknown_type"
    """A type other than c, g, ms, h, d and s."""
    MALFORMED_SAMPLE_RATE = "malformed_sample_rate"
    """The sample rate is no number above 0."""
    MALFORMED_TIMESTAMP = "malformed_timestamp"
    """The timestamp is no whole number of seconds."""
    MALFORMED_EVENT = "malformed_event"
    """An event whose lengths do not fit, or a service check without name or status."""
    TOO_LONG = "too_long"
    """A line of over 64 KiB."""


Tags = tuple[tuple[str, str], ...]
"""Pairs as sent, in the order sent; a tag without a value has "true"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value. is_delta: it began with a sign, which for a gauge means "change by"."""

    type: MetricType
    text: bytes
    number: float = 0.0
    rate: float = 1.0

    @property
    def is_delta(self) -> bool:
        return self.text[:1] in {b"+", b"-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricLine:
    """A line with at least one value. name: as sent. bad: reasons of its values not taken.

    timestamp_s: Unix seconds, if the sender gave one. container: what stood after `|c:`.
    """

    name: str
    tags: Tags = ()
    readings: tuple[Reading, ...] = ()
    bad: tuple[BadLine, ...] = ()
    timestamp_s: int | None = None
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """DogStatsD `_e`: something that happened, to be read by people."""

    title: str
    text: str
    tags: Tags = ()
    timestamp_s: int | None = None
    host: str = ""
    key: str = ""
    priority: str = "normal"
    source: str = ""
    alert_type: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """DogStatsD `_sc`: the state of a service. status: 0 ok, 1 warning, 2 critical, 3 unknown."""

    name: str
    status: int
    tags: Tags = ()
    timestamp_s: int | None = None
    host: str = ""
    message: str = ""


Parsed = MetricLine | EventLine | CheckLine | BadLine


def parse_line(line: bytes) -> Parsed:
    """Read one line, without the newline at its end."""
    if len(line) > LONGEST_LINE:
        return BadLine.TOO_LONG
    line = line.strip(b"\r\n\t \0")
    if line.startswith(b"_e{"):
        return _event(line)
    if line.startswith(b"_sc|"):
        return _check(line)
    return _metric(line)


def holds_several(fields: list[bytes]) -> bool:
    """True if a colon behind the value begins another sample. fields: the type and what follows."""
    return b":" in fields[0] or any(field[:1] == b"@" and b":" in field for field in fields[1:])


def read_number(text: bytes) -> float | None:
    """A finite decimal number, or None."""
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


@dataclass(slots=True)
class _Options:
    """What stands behind the type, in whatever order."""

    rate: float = 1.0
    tags: Tags = ()
    timestamp_s: int | None = None
    container: str = ""
    bad: BadLine | None = None


def _metric(line: bytes) -> MetricLine | BadLine:
    name, tags, rest = _split_name(line)
    fields = rest.split(b"|")
    if not name or len(fields) < 2 or not fields[0]:
        return BadLine.MALFORMED_LINE
    if holds_several(fields[1:]):
        return _several_samples(name, tags, rest)
    options = _options(fields[2:])
    if options.bad is not None:
        return options.bad
    kind = _TYPES.get(fields[1].strip())
    if kind is None:
        return BadLine.UNKNOWN_TYPE
    # A set's member may hold a colon; of a number several may be packed into one line.
    texts = [fields[0]] if kind is MetricType.SET else fields[0].split(b":")
    read = [_reading(kind, text, options.rate) for text in texts]
    return _line(_text(name), read, tags=tags + options.tags, options=options)


def _several_samples(name: bytes, tags: Tags, rest: bytes) -> MetricLine | BadLine:
    """The old form `name:1|c:2|ms|@0.1:3|g`: each colon begins a sample with a type of its own."""
    samples, hash_sign, behind = rest.partition(b"|#")
    options = _options((b"#" + behind).split(b"|")) if hash_sign else _Options()
    read: list[Reading | BadLine] = []
    for sample in samples.split(b":"):
        fields = sample.split(b"|")
        kind = _TYPES.get(fields[1].strip()) if len(fields) > 1 else None
        own = _options(fields[2:])
        if len(fields) < 2:
            read.append(BadLine.MALFORMED_LINE)
        elif kind is None:
            read.append(BadLine.UNKNOWN_TYPE)
        else:
            read.append(own.bad or _reading(kind, fields[0], own.rate))
    return options.bad or _line(_text(name), read, tags=tags + options.tags, options=options)


def _line(
    name: str, read: list[Reading | BadLine], *, tags: Tags, options: _Options
) -> MetricLine | BadLine:
    readings = tuple(each for each in read if isinstance(each, Reading))
    bad = tuple(each for each in read if isinstance(each, BadLine))
    if not readings and len(bad) == 1:
        return bad[0]
    return MetricLine(
        name=name,
        tags=tags,
        readings=readings,
        bad=bad,
        timestamp_s=options.timestamp_s,
        container=options.container,
    )


def _reading(kind: MetricType, text: bytes, rate: float) -> Reading | BadLine:
    if kind is MetricType.SET:
        return Reading(type=kind, text=text, rate=rate)
    number = read_number(text.strip())
    if number is None:
        return BadLine.MALFORMED_VALUE
    return Reading(type=kind, text=text.strip(), number=number, rate=rate)


def _options(fields: list[bytes]) -> _Options:
    """Read the fields behind the type. One that no dialect of today knows is passed over."""
    options = _Options()
    for field in fields:
        first = field[:1]
        if first == b"@":
            rate = read_number(field[1:].strip())
            if rate is None or rate < _LEAST_RATE:
                options.bad = BadLine.MALFORMED_SAMPLE_RATE
            else:
                options.rate = rate
        elif first == b"#":
            options.tags += read_tags(field[1:], b":")
        elif first == b"T":
            if _WHOLE.fullmatch(field[1:]) is None:
                options.bad = BadLine.MALFORMED_TIMESTAMP
            else:
                options.timestamp_s = int(field[1:])
        elif field.startswith(b"c:"):
            options.container = _text(field[2:])
    return options


def _split_name(line: bytes) -> tuple[bytes, Tags, bytes]:
    """The name, the tags that stand in it, and what follows the colon."""
    bracket = line.find(b"[")
    closing = line.find(b"]", bracket)
    colon = line.find(b":")
    if 0 <= bracket < colon and bracket < closing:  # SignalFx: name[a=b]:1|c
        before, inside, behind = line[:bracket], line[bracket + 1 : closing], line[closing + 1 :]
        end, _, rest = behind.partition(b":")
        return before + end, read_tags(inside, b"="), rest
    head, _, rest = line.partition(b":")
    found = _TAG_MARK.search(head)
    if found is None:
        return head, (), rest
    separator = b";" if found[0] == b";" else b","
    return head[: found.start()], read_tags(head[found.end() :], b"=", separator), rest


def read_tags(text: bytes, between: bytes, separator: bytes = b",") -> Tags:
    """Tags of one dialect. between: what stands between a name and its value."""
    tags = []
    for part in text.split(separator):
        name, found, value = part.strip().partition(between)
        name = name.lstrip(b"#").strip()
        if name:
            tags.append((_text(name), _text(value.strip()) if found else "true"))
    return tuple(tags)


def _event(line: bytes) -> EventLine | BadLine:
    header = _HEADER.match(line)
    if header is None:
        return BadLine.MALFORMED_EVENT
    title_end = header.end() + int(header[1])
    text_end = title_end + 1 + int(header[2])
    if line[title_end : title_end + 1] != b"|" or text_end > len(line):
        return BadLine.MALFORMED_EVENT
    if line[text_end : text_end + 1] not in {b"", b"|"}:
        return BadLine.MALFORMED_EVENT
    found = _named(line[text_end + 1 :])
    return EventLine(
        title=_unescaped(line[header.end() : title_end]),
        text=_unescaped(line[title_end + 1 : text_end]),
        tags=found.tags,
        timestamp_s=found.timestamp_s,
        host=found.values.get(b"h", ""),
        key=found.values.get(b"k", ""),
        priority=found.values.get(b"p", "normal"),
        source=found.values.get(b"s", ""),
        alert_type=found.values.get(b"t", "info"),
    )


def _check(line: bytes) -> CheckLine | BadLine:
    head, message_mark, message = line.partition(b"|m:")
    message = _ORIGIN.sub(b"", message)
    if behind := _BEHIND_MESSAGE.search(message):
        head, message = head + behind[0], message[: behind.start()]
    fields = head.split(b"|", 3)
    if len(fields) < 3 or not fields[1] or fields[2] not in {b"0", b"1", b"2", b"3"}:
        return BadLine.MALFORMED_EVENT
    found = _named(fields[3] if len(fields) > 3 else b"")
    return CheckLine(
        name=_text(fields[1]),
        status=int(fields[2]),
        tags=found.tags,
        timestamp_s=found.timestamp_s,
        host=found.values.get(b"h", ""),
        message=_unescaped(message.replace(b"m\\:", b"m:")) if message_mark else "",
    )


@dataclass(slots=True)
class _Named:
    tags: Tags
    timestamp_s: int | None
    values: dict[bytes, str]


def _named(text: bytes) -> _Named:
    """Fields such as `d:1700000000|h:web-1|#env:prod`, in whatever order."""
    found = _Named((), None, {})
    for field in text.split(b"|"):
        name, colon, value = field.partition(b":")
        if field.startswith(b"#"):
            found.tags += read_tags(field[1:], b":")
        elif name == b"d" and _WHOLE.fullmatch(value):
            found.timestamp_s = int(value)
        elif colon:
            found.values[name] = _text(value)
    return found


def _unescaped(text: bytes) -> str:
    return _text(text.replace(b"\\n", b"\n"))


def _text(text: bytes) -> str:
    return text.decode("utf-8", "replace")
