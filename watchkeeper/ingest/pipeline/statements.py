"""Query text without its literals, so that it can be kept and compared. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from watchkeeper.privacy import without_long_numbers

MAX_CHARACTERS = 4_000
_READ_CHARACTERS = 16_000
"""What is looked at; a longer statement is one with a long list of values."""
_MAX_REMEMBERED = 4_000

_COMMAND_SYSTEMS = frozenset({"redis", "valkey", "memcached"})
_QUOTES_ARE_TEXT = frozenset({"mysql", "mariadb", "bigquery", "hive", "spark", "databricks"})
_NO_BACKSLASH = frozenset({
    "postgresql", "cockroachdb", "sqlite", "oracle", "oracle.db", "mssql", "microsoft.sql_server",
    "db2", "redshift", "aws.redshift",
})  # fmt: skip
"""Where `'C:\\'` is whole; elsewhere a backslash takes the next quote with it."""


def _reader(text: str) -> re.Pattern[str]:
    return re.compile(
        r"(?P<comment>--[^\r\n]*|/\*.*?(?:\*/|\Z))"
        r"|(?P<text>\b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)"
        rf"|(?:\b[bBxXnN])?'(?:{text})*(?:'|\Z)"
        r"|\$(?P<tag>[A-Za-z_]*)\$.*?(?:\$(?P=tag)\$|\Z))"
        r"|(?P<quoted>\"(?:[^\"\\]|\"\"|\\.)*(?:\"|\Z))"
        r"|(?P<number>(?<![\w.$:@{])[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
        r"(?![\w}]))",
        re.DOTALL,
    )


_STANDARD = _reader(r"[^']|''")
_ESCAPING = _reader(r"[^'\\]|''|\\.")
_MARK = r"(?:\?|%s|\$\d+|:\w+|@\w+|%\(\w+\)s|\{\w+:\w+\}|NULL|DEFAULT)"
_LIST = re.compile(rf"\(\s*{_MARK}(?:\s*,\s*{_MARK})*\s*\)", re.IGNORECASE)
_TUPLES = re.compile(r"\(\?\)(?:\s*,\s*\(\?\))+")
_JSON_VALUE = re.compile(
    r"(?P<key>\"(?:[^\"\\]|\\.)*\"\s*:)|\"(?:[^\"\\]|\\.)*(?:\"|\Z)"
    r"|'(?:[^'\\]|\\.)*(?:'|\Z)|(?<![\w$])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b|\b(?:true|false)\b"
)
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=_MAX_REMEMBERED)
def sanitised(statement: str, system: str = "") -> str:
    """The statement with `?` for each literal, without comments, on one line.

    system: OpenTelemetry's `db.system.name`; it decides what a literal looks like. Lists of
    values become one (`IN (?)`), and numbers of four digits and more inside names `XXXX`.
    Cost: linear in the first 16,000 characters.
    """
    text = statement[:_READ_CHARACTERS]
    if system in _COMMAND_SYSTEMS:
        text = _command(text)
    elif text.lstrip()[:1] in {"{", "["}:
        text = _JSON_VALUE.sub(_json_value, text)
    else:
        text = _sql(text, system)
    text = without_long_numbers(_SPACE.sub(" ", text).strip())
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"


def _sql(text: str, system: str) -> str:
    quotes_are_text = system in _QUOTES_ARE_TEXT
    reader = _STANDARD if system in _NO_BACKSLASH else _ESCAPING

    def replaced(match: re.Match[str]) -> str:
        if match["comment"] is not None:
            return " "
        if match["quoted"] is not None and not quotes_are_text:
            return match.group()
        return "?"

    return _TUPLES.sub("(?)", _LIST.sub("(?)", reader.sub(replaced, text)))


def _json_value(match: re.Match[str]) -> str:
    return match["key"] or "?"


def _command(text: str) -> str:
    """`SET ? ?`: the first word of each line and how many follow it, up to ten."""
    return "; ".join(
        " ".join([words[0].upper(), *["?"] * min(len(words) - 1, 10)])
        for line in text.splitlines()[:10]
        if (words := line.split())
    )
