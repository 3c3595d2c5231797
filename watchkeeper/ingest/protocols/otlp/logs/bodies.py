"""Bodies of log records: any value to a line of text, and its structure to attributes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.ingest.protocols.otlp.attributes import Plain, text_of

_TEXT_NAMES = ("message", "msg", "body", "text", "event")
"""Where loggers that send maps put what people read."""
_MAX_FIELDS = 200
_MAX_DEPTH = 10


def line_of(body: Plain) -> tuple[str, dict[str, str]]:
    """(text, attributes). A map's message is the text and the rest of it attributes.

    Names of what is nested are joined by dots; lists, and what is nested deeper than ten maps,
    are JSON.
    """
    if not isinstance(body, dict):
        return text_of(body), {}
    for name in _TEXT_NAMES:
        message = body.get(name)
        if isinstance(message, str) and message:
            rest = {key: value for key, value in body.items() if key != name}
            return message, flattened(rest)
    return text_of(body), flattened(body)


def flattened(tree: dict[str, Plain]) -> dict[str, str]:
    """`{"a": {"b": 1}}` as `{"a.b": "1"}`: at most 200 of them."""
    found: dict[str, str] = {}
    for name, value in _leaves(tree, "", _MAX_DEPTH):
        if len(found) >= _MAX_FIELDS:
            break
        found[name] = value
    return found


def _leaves(tree: dict[str, Plain], start: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value and depth > 1:
            yield from _leaves(value, f"{start}{key}.", depth - 1)
        else:
            yield f"{start}{key}", text_of(value)
