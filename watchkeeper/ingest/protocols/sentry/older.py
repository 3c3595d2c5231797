"""Events in the shapes of SDKs of old, as those of today would send them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_INTERFACES: Mapping[str, str] = {
    "sentry.interfaces.Breadcrumbs": "breadcrumbs",
    "sentry.interfaces.Contexts": "contexts",
    "sentry.interfaces.Csp": "csp",
    "sentry.interfaces.DebugMeta": "debug_meta",
    "sentry.interfaces.Exception": "exception",
    "sentry.interfaces.Http": "request",
    "sentry.interfaces.Message": "logentry",
    "sentry.interfaces.Sdk": "sdk",
    "sentry.interfaces.Stacktrace": "stacktrace",
    "sentry.interfaces.Template": "template",
    "sentry.interfaces.Threads": "threads",
    "sentry.interfaces.User": "user",
}
"""Names of fields until protocol version 6, and what they are called since."""
_OLD_NAMES = frozenset(_INTERFACES)
_NUMBERS = frozenset({int, float})
_LISTS = ("exception", "threads", "breadcrumbs")
_TEXTS = ("release", "dist", "environment", "server_name", "transaction", "logger", "platform")


def modernise(event: dict[str, object]) -> None:
    """Change `event` to the shape of today: names of fields, lists, numbers where text belongs.

    Whatever else an event holds stays as it is. Done before scrubbing, whose rules name paths.
    """
    if not _OLD_NAMES.isdisjoint(event):
        _rename(event)
    for name in _LISTS:
        found = event.get(name)
        if type(found) is dict and found and "values" not in found:
            event[name] = {"values": [found]}
    for name in _TEXTS:
        if type(event.get(name)) in _NUMBERS:
            event[name] = f"{event[name]}"
    if event.get("stacktrace"):
        _place_stacktrace(event)


def _rename(event: dict[str, object]) -> None:
    """A field that came under both names is the one of today."""
    for old in _OLD_NAMES & event.keys():
        sent, name = event.pop(old), _INTERFACES[old]
        if event.get(name) is None:
            event[name] = sent


def _place_stacktrace(event: dict[str, object]) -> None:
    """A stack beside the only exception is that exception's."""
    exceptions = event.get("exception")
    values = exceptions.get("values") if isinstance(exceptions, dict) else exceptions
    if not isinstance(values, list) or len(values) != 1:
        return
    only = values[0]
    if isinstance(only, dict) and not only.get("stacktrace"):
        only["stacktrace"] = event.pop("stacktrace")
