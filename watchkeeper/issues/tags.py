"""Tags that follow from other parts of an event, so that people can filter by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from watchkeeper.issues.grouping import ExceptionValue

_NAMED = ("browser", "os", "runtime", "client_os")
"""Contexts with a name and a version: two tags, `os` (both) and `os.name`."""

_LENGTH = 200


def derived_tags(
    contexts: Mapping[str, Any] | None, chain: Sequence[ExceptionValue], *, logger: str
) -> dict[str, str]:
    """Browser, operating system, runtime, device, how the exception was caught, logger."""
    found = dict(_of_contexts(contexts or {}))
    caught = next((one.mechanism for one in reversed(chain) if one.mechanism), None)
    if caught is not None and caught.handled is not None:
        found["handled"] = "yes" if caught.handled else "no"
    if logger:
        found["logger"] = logger[:_LENGTH]
    return found


def _of_contexts(contexts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in _NAMED:
        context = contexts.get(key)
        name = _text(context, "name")
        if name:
            version = _text(context, "version")
            yield f"{key}.name", name
            yield key, f"{name} {version}".strip()[:_LENGTH]
    family = _text(contexts.get("device"), "family") or _text(contexts.get("device"), "model")
    if family:
        yield "device", family


def _text(context: object, name: str) -> str:
    value = context.get(name) if isinstance(context, dict) else None
    return value.replace("\x00", "")[:_LENGTH] if isinstance(value, str) else ""
