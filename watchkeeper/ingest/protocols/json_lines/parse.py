"""A body as log lines. Pure."""

from __future__ import annotations

import orjson

from watchkeeper.ingest.pipeline import SentLog, read_line, read_object

MOST_LINES = 100_000


class TooManyLines(Exception):
    """A request holds more lines than one may."""


def read_lines(body: bytes, *, source: str) -> list[SentLog]:
    """The lines of a body: an array, one object over several lines, or a line each.

    What is no JSON is a line of text: nothing is refused for its form. Raises TooManyLines.
    """
    first = body.lstrip()[:1]
    if first in {b"[", b"{"}:
        whole = _whole(body) if first == b"[" or b"\n" in body.strip() else None
        if whole is not None:
            return whole_lines(whole, source=source)
    if body.count(b"\n") > 2 * MOST_LINES:
        raise TooManyLines
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    if len(lines) > MOST_LINES:
        raise TooManyLines
    return [read_line(line, source=source) for line in lines]


def whole_lines(found: list[object], *, source: str) -> list[SentLog]:
    """The lines of an array: objects and texts; anything else as JSON text."""
    if len(found) > MOST_LINES:
        raise TooManyLines
    lines = []
    for one in found:
        if isinstance(one, dict):
            lines.append(read_object(one, source=source))
        elif one is not None and one != "":
            text = one if isinstance(one, str) else orjson.dumps(one).decode()
            lines.append(read_line(text, source=source))
    return lines


def _whole(body: bytes) -> list[object] | None:
    """The body as one JSON value; None if it is not one."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, list) else [found]
