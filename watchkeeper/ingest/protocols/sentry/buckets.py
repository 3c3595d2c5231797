"""`statsd` items, the metrics of SDKs before `trace_metric`, as points. docs/wire/sentry.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.metrics import point_of
from watchkeeper.ingest.protocols.sentry.parse import Item

_LINE = re.compile(
    r"(?P<name>[^@:|]+)(?:@(?P<unit>\w*))?:(?P<values>[^|]+)\|(?P<type>[cdgs])(?P<rest>\|.*)?"
)
_KINDS = {"c": "counter", "d": "distribution", "g": "gauge", "s": "gauge"}
_ESCAPES = re.compile(r"\\(?:u\{(?P<code>[0-9a-fA-F]{1,6})\}|(?P<plain>[nrt\\]))")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
_MOST_POINTS = 100_000


def take_buckets(item: Item, facts: Facts, kept: Kept) -> None:
    """Lines such as `orders@none:2.0|c|#plan:pro|T1795279650`; one that is none is counted."""
    before = len(kept.points)
    for line in item.payload.decode("utf-8", "replace").splitlines():
        if not line.strip():
            continue
        told = list(_measurements(line.strip()))
        points = [point_of(each, facts) for each in told]
        kept.points += [point for point in points if point is not None]
        if not told or None in points or len(kept.points) - before > _MOST_POINTS:
            kept.drops[Drop.MALFORMED] += 1
        if len(kept.points) - before > _MOST_POINTS:
            return


def _measurements(line: str) -> Iterator[dict[str, object]]:
    """One line in the shape of `trace_metric`: one measurement for each value of a distribution."""
    found = _LINE.fullmatch(line)
    if found is None:
        return
    for value in _values(found["type"], found["values"].split(":")):
        yield {
            "name": found["name"],
            "unit": found["unit"] or "none",
            "type": _KINDS[found["type"]],
            "value": value,
            "attributes": dict(_tags(found["rest"] or "")),
        }


def _values(kind: str, texts: list[str]) -> list[float]:
    """A counter's sum, a gauge's last value, how many a set has, all of a distribution."""
    if kind == "s":
        return [float(len(set(texts)))]
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return []
    if kind == "c":
        return [sum(numbers)]
    return numbers[:1] if kind == "g" else numbers


def _tags(rest: str) -> Iterator[tuple[str, str]]:
    for part in rest.split("|"):
        if part.startswith("#"):
            for pair in part[1:].split(","):
                name, colon, value = pair.partition(":")
                if name and colon:
                    yield name, _ESCAPES.sub(_unescaped, value)


def _unescaped(found: re.Match[str]) -> str:
    if found["plain"]:
        return _PLAIN[found["plain"]]
    code = int(found["code"], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "?"
