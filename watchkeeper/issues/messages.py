"""Log messages whose sender left it to the server to fill in their parameters. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

_PERCENT = re.compile(r"%(?:\((?P<name>[^)]{1,100})\))?[-+#0]*\d*(?:\.\d+)?[sdifrxXeEgGcau]|%%")
_BRACES = re.compile(r"\{(?P<name>[^{}]{0,100})\}")


def filled(template: str, params: object) -> str:
    """The text with parameters in place of `%s`, `%(name)s`, `{}`, `{0}` and `{name}`.

    Whatever has no parameter stays as it is written. params: a list or an object, as sent.
    """
    if not template or not isinstance(params, list | dict) or not params:
        return template
    pattern = _PERCENT if _PERCENT.search(template) else _BRACES
    given = _Parameters(params)
    return pattern.sub(given.of, template)


class _Parameters:
    """Hands out parameters by name, by number, or one after the other."""

    def __init__(self, params: Sequence[object] | Mapping[str, object]) -> None:
        self._named: Mapping[str, object] = params if isinstance(params, Mapping) else {}
        self._listed = [] if isinstance(params, Mapping) else list(params)
        self._next = 0

    def of(self, found: re.Match[str]) -> str:
        """What stands for one placeholder."""
        if found[0] == "%%":
            return "%"
        name = (found["name"] or "").partition(":")[0].partition("!")[0]
        if name in self._named:
            return _text(self._named[name])
        if name and not name.isdecimal():
            return found[0]
        index = int(name) if name else self._next
        self._next += not name
        return _text(self._listed[index]) if index < len(self._listed) else found[0]


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
