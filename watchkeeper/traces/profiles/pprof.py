"""Profiles in Google's pprof format, gzipped or plain. Source: pprof's profile.proto."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from watchkeeper.traces.profiles.stacks import (
    DEEPEST,
    MOST_SAMPLES,
    BadProfile,
    Frame,
    Sample,
    Stacks,
    looks_in_app,
)

MOST_BYTES = 64 * 1024 * 1024
"""Of one profile, unpacked."""
_GZIP = b"\x1f\x8b"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SCALES = {"nanoseconds": 1, "microseconds": 1_000, "milliseconds": 10**6, "seconds": 10**9}
_SIZES = {"bytes": 1, "kilobytes": 1_024, "megabytes": 1_024**2}

Value = int | memoryview


def unpacked(body: bytes) -> bytes:
    """The message of a body, gzipped or not. Raises BadProfile beyond 64 MiB."""
    if not body.startswith(_GZIP):
        return body
    inflater = zlib.decompressobj(wbits=31)
    try:
        message = inflater.decompress(body, MOST_BYTES)
    except zlib.error as error:
        raise BadProfile(f"The profile's gzip is broken: {error}.") from error
    if inflater.unconsumed_tail:
        raise BadProfile(
            f"The profile has more than {MOST_BYTES:,} bytes unpacked; send a shorter one."
        )
    if not inflater.eof:
        raise BadProfile("The profile's gzip ends too early; send the whole file.")
    return message


@dataclass(slots=True)
class _Message:
    """The parts of a profile, as they stand in it."""

    types: list[memoryview] = field(default_factory=list)
    samples: list[memoryview] = field(default_factory=list)
    locations: list[memoryview] = field(default_factory=list)
    functions: list[memoryview] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    time_ns: int = 0
    duration_ns: int = 0
    default_type: int = 0


@dataclass(frozen=True, slots=True)
class Times:
    """When a profile began, Unix ns, and for how long it went on. 0: it does not say."""

    start_ns: int
    duration_ns: int


def read_pprof(body: bytes, kind: str = "") -> tuple[Stacks, Times]:
    """The profile's samples of one kind: the one named, else its default, else its last.

    Raises BadProfile.
    """
    message = _parts(memoryview(unpacked(body)))
    if not message.texts or message.texts[0]:
        raise BadProfile("This is no pprof profile: its table of texts does not begin with ''.")
    types = [_pair(each, message) for each in message.types]
    if not types:
        raise BadProfile("This is no pprof profile: it names nothing that was measured.")
    kinds = [name for name, _ in types]
    wanted = kind or _text(message, message.default_type)
    at = kinds.index(wanted) if wanted in kinds else len(kinds) - 1
    unit, scale = _unit(types[at][1])
    frames, stacks = _locations(message)
    samples = [_sample(each, at, scale, stacks, message) for each in message.samples]
    stacks_read = Stacks(
        frames=frames,
        samples=[each for each in samples if each.weight > 0],
        unit=unit,
        kind=kinds[at],
        kinds=kinds,
    )
    return stacks_read, Times(message.time_ns, message.duration_ns)


def checked_pprof(body: bytes) -> tuple[bytes, Times]:
    """The plain message of a body that can be read, and when it was taken. Raises BadProfile."""
    message = unpacked(body)
    stacks, times = read_pprof(message)
    if not stacks.samples:
        raise BadProfile("The profile has no sample with a value; profile for longer.")
    return message, times


def _parts(message: memoryview) -> _Message:
    found = _Message()
    lists = {1: found.types, 2: found.samples, 4: found.locations, 5: found.functions}
    for number, value in _fields(message):
        if isinstance(value, int):
            if number == 9:
                found.time_ns = value
            elif number == 10:
                found.duration_ns = value
            elif number == 14:
                found.default_type = value
        elif number == 6:
            found.texts.append(bytes(value).decode(errors="replace"))
        elif number in lists:
            lists[number].append(value)
    if len(found.samples) > MOST_SAMPLES:
        raise BadProfile(f"The profile has more than {MOST_SAMPLES:,} samples; send a shorter one.")
    return found


def _locations(message: _Message) -> tuple[list[Frame], dict[int, tuple[int, ...]]]:
    """Frames, and of each location its frames, innermost first."""
    functions = {}
    for each in message.functions:
        numbers = _numbers(each)
        functions[numbers.get(1, 0)] = (
            _text(message, numbers.get(2, 0)),
            _text(message, numbers.get(4, 0)),
        )
    frames: list[Frame] = []
    places: dict[tuple[int, int], int] = {}
    stacks: dict[int, tuple[int, ...]] = {}
    for each in message.locations:
        id_, address, rows = 0, 0, []
        for number, value in _fields(each):
            if number == 1 and isinstance(value, int):
                id_ = value
            elif number == 3 and isinstance(value, int):
                address = value
            elif number == 4 and not isinstance(value, int):
                line = _numbers(value)
                key = (line.get(1, 0), line.get(2, 0))
                if key not in places:
                    places[key] = len(frames)
                    frames.append(_frame(*functions.get(key[0], ("?", "")), key[1]))
                rows.append(places[key])
        if not rows:
            rows = [len(frames)]
            frames.append(Frame(f"0x{address:x}", "", "", 0, False))
        stacks[id_] = tuple(rows)
    return frames, stacks


def _frame(function: str, file: str, line: int) -> Frame:
    return Frame(function, "", file, line, looks_in_app(function, file))


def _sample(
    told: memoryview,
    at: int,
    scale: int,
    stacks: dict[int, tuple[int, ...]],
    message: _Message,
) -> Sample:
    locations: list[int] = []
    values: list[int] = []
    thread = ""
    for number, value in _fields(told):
        if number in {1, 2}:
            into = locations if number == 1 else values
            into.extend([value] if isinstance(value, int) else _varints(value))
        elif number == 3 and not isinstance(value, int):
            thread = _thread(_numbers(value), message) or thread
    frames = [frame for location in locations[:DEEPEST] for frame in stacks.get(location, ())]
    weight = _signed(values[at]) * scale if at < len(values) else 0
    return Sample(tuple(reversed(frames)), weight, thread)


def _thread(label: dict[int, int], message: _Message) -> str:
    key = _text(message, label.get(1, 0)).lower().replace("_", " ")
    if key not in {"thread", "thread id", "thread name", "tid"}:
        return ""
    return _text(message, label.get(2, 0)) or str(label.get(3, ""))


def _pair(told: memoryview, message: _Message) -> tuple[str, str]:
    numbers = _numbers(told)
    return _text(message, numbers.get(1, 0)), _text(message, numbers.get(2, 0))


def _unit(told: str) -> tuple[str, int]:
    if told in _SCALES:
        return "nanoseconds", _SCALES[told]
    if told in _SIZES:
        return "bytes", _SIZES[told]
    return "count", 1


def _text(message: _Message, at: int) -> str:
    return message.texts[at] if 0 <= at < len(message.texts) else ""


def _numbers(message: memoryview) -> dict[int, int]:
    return {number: value for number, value in _fields(message) if isinstance(value, int)}


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Number and value of each field; fixed-width ones are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif kind == _BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise BadProfile("The profile ends within a field; send the whole file.")
            yield tag >> 3, message[at : at + length]
            at += length
        elif kind in {_FIXED64, _FIXED32}:
            at += 8 if kind == _FIXED64 else 4
        else:
            raise BadProfile("This is no pprof profile: it is not protobuf.")


def _varints(packed: memoryview) -> Sequence[int]:
    values, at = [], 0
    while at < len(packed):
        value, at = _varint(packed, at)
        values.append(value)
    return values


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise BadProfile("This is no pprof profile: a number in it does not end.")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
