"""Parameters and settings as the engine's text. Nothing else may become part of a query."""

from __future__ import annotations

import re
from collections.abc import Sequence

from watchkeeper.store.columns.port import Params, Settings

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f"}
)
_QUOTED = _ESCAPES | {ord("'"): "\\'"}


def param_texts(params: Params | None) -> dict[str, str]:
    """Values of `{name:Type}` placeholders as the engine parses them: escaped text.

    str, int, float, bool, None, and lists of these. Raises TypeError for any other value and
    ValueError for a name that is no identifier.
    """
    return {checked_name(name): _top(value) for name, value in (params or {}).items()}


def setting_texts(settings: Settings) -> list[str]:
    """`name = literal` of each setting, for SET or SETTINGS."""
    return [f"{checked_name(name)} = {_nested(value)}" for name, value in settings.items()]


def checked_name(name: str) -> str:
    """`name`, if it is a plain identifier. Raises ValueError."""
    if not _NAME.match(name):
        raise ValueError(f"not an identifier: {name!r}")
    return name


def quoted(text: str) -> str:
    """`text` as a string literal of SQL."""
    return f"'{text.translate(_QUOTED)}'"


def _top(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return _nested(value)


def _nested(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return f"[{','.join(_nested(item) for item in value)}]"
    raise TypeError(f"a query parameter cannot be a {type(value).__name__}")
