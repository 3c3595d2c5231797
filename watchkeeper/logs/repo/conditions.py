"""A search's tree as SQL. Values are parameters; identifiers come from the closed set of fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from watchkeeper.logs.language import (
    Always,
    And,
    Exists,
    Field,
    FieldKind,
    Matches,
    Node,
    Not,
    Number,
    Or,
    SeverityIn,
    Text,
    lowered,
)
from watchkeeper.model import key_forms
from watchkeeper.store.columns import LOG_ATTRIBUTE_PAIRS, LOG_NUMBERS

_TOKEN = re.compile(r"[0-9a-z\x80-\U0010ffff]+")
"""What the engine's index calls a token: everything else separates, `_` too."""
_NUMBER = re.compile(r"[0-9]{6,}")
_PLAIN_KEY = re.compile(r"[\w.:/@-]+")
"""Names that are the same to both engines' clients where an identifier stands."""
_OLD_WORDS = {"warn": ("warning",), "fatal": ("critical",)}
"""What lines of before there was one scale may be called."""


@dataclass(frozen=True, slots=True)
class Condition:
    """sql: with placeholders; params: their values."""

    sql: str
    params: dict[str, object]


@dataclass(slots=True)
class Values:
    """Parameters, each named once. prefix: of their names."""

    params: dict[str, object] = field(default_factory=dict)
    prefix: str = "q"

    def __call__(self, value: object, kind: str = "String") -> str:
        """The placeholder of a value."""
        name = f"{self.prefix}{len(self.params)}"
        self.params[name] = value
        return f"{{{name}:{kind}}}"


def condition_of(node: Node) -> Condition:
    """The condition that a line matches."""
    values = Values()
    return Condition(_sql(node, values), values.params)


def level_column() -> str:
    """The severity on today's scale, whenever the line was stored."""
    return "transform(severity, ['warning', 'critical'], ['warn', 'fatal'], toString(severity))"


def attribute_column(key: str, value: Values) -> str:
    """SQL of an attribute's value, empty where a line has none of this name.

    A column of its own within the map: of the others only those are read that share its bucket.
    """
    if _PLAIN_KEY.fullmatch(key):
        return value(f"attributes.key_{key}", "Identifier")
    return f"attributes[{value(key)}]"


def _has_key(key: str, value: Values) -> str:
    return f"has(mapKeys(attributes), {value(key)})"


def _sql(node: Node, value: Values) -> str:
    match node:
        case Always():
            return "1"
        case Text(parts):
            return _text(parts, value)
        case Matches(searched, parts):
            return _matches(searched, parts, value)
        case Number(searched, operator, number):
            found = f"toFloat64OrNull({attribute_column(searched.key, value)})"
            return (
                f"(indexHint({_has_key(searched.key, value)}) "
                f"AND {found} {operator} {value(number, 'Float64')})"
            )
        case SeverityIn(levels):
            words = [word for level in levels for word in (level, *_OLD_WORDS.get(level, ()))]
            return f"severity IN {value(words, 'Array(String)')}" if words else "0"
        case Exists(searched):
            return _exists(searched, value)
        case Not(inner):
            return f"NOT ifNull({_sql(inner, value)}, 0)"
        case And(parts):
            return "(" + " AND ".join(_sql(part, value) for part in parts) + ")"
        case Or(parts):
            return "(" + " OR ".join(_sql(part, value) for part in parts) + ")"


def _text(parts: Sequence[str], value: Values) -> str:
    """Whole words in order: the index finds blocks by their tokens, the rest is looked at."""
    whole = [token for at, part in enumerate(parts) for token in _whole_tokens(parts, at, part)]
    found = [f"hasToken(lower(body), {value(token)})" for token in dict.fromkeys(whole)]
    if len(parts) > 1 or not whole:  # trigrams have an index, and it is cheaper than `match`
        found.append(_inside(parts, value))
    is_token = len(parts) == 1 and _TOKEN.fullmatch(parts[0]) is not None
    if not is_token:
        found.append(f"match(lower(body), {value(_pattern(parts))})")
    return "(" + " AND ".join(found) + ")"


def _inside(parts: Sequence[str], value: Values) -> str:
    """The body has these anywhere, in order. Long numbers are looked up in an index of theirs."""
    numbers = dict.fromkeys(number for part in parts for number in _NUMBER.findall(part))
    found = [f"lower(body) LIKE {value('%' + _like(parts) + '%')}"]
    found += [f"{LOG_NUMBERS} LIKE {value(f'%{number}%')}" for number in numbers]
    return f"({' AND '.join(found)})"


def _whole_tokens(parts: Sequence[str], at: int, part: str) -> list[str]:
    """Tokens that no wildcard can make longer."""
    return [
        match[0]
        for match in _TOKEN.finditer(part)
        if (match.start() > 0 or at == 0) and (match.end() < len(part) or at == len(parts) - 1)
    ]


def _pattern(parts: Sequence[str]) -> str:
    """RE2 for the text between word boundaries; a wildcard is anything but white space."""
    start = "(?:^|[^0-9a-z])" if _TOKEN.match(parts[0]) else ""
    last = parts[-1]
    end = "(?:$|[^0-9a-z])" if last and _TOKEN.fullmatch(last[-1]) else ""
    return start + r"\S*".join(re.escape(part) for part in parts) + end


def _matches(searched: Field, parts: Sequence[str], value: Values) -> str:
    column = searched.column
    match searched.kind:
        case FieldKind.BODY:
            return _inside([lowered(each) for each in parts], value)
        case FieldKind.PATTERN:
            return f"pattern = {value(int(''.join(parts), 16), 'UInt64')}"
        case FieldKind.ATTRIBUTE:
            return _attribute(searched.key, parts, value)
        case FieldKind.PERSON:
            return _person(column, parts, value)
        case _ if len(parts) > 1:
            return f"{column} LIKE {value(_like(parts))}"
        case _:
            return f"{column} = {value(parts[0])}"


def _person(column: str, parts: Sequence[str], value: Values) -> str:
    """`42` finds `id:42` too, and `id:42` the bare id of rows of before."""
    if len(parts) == 1:
        return f"{column} IN {value(list(key_forms(parts[0])), 'Array(String)')}"
    likes = [f"{column} LIKE {value(form)}" for form in key_forms(_like(parts))]
    return "(" + " OR ".join(likes) + ")"


def _attribute(key: str, parts: Sequence[str], value: Values) -> str:
    column = attribute_column(key, value)
    if len(parts) == 1 and parts[0]:
        # The pairs are for the index alone: to make them of each line costs more than all else.
        pair = f"has({LOG_ATTRIBUTE_PAIRS}, {value(f'{key}={parts[0]}')})"
        return f"(indexHint({pair}) AND {column} = {value(parts[0])})"
    if any(parts):  # an empty value does not fulfil it: names are for the index alone
        return f"(indexHint({_has_key(key, value)}) AND {column} LIKE {value(_like(parts))})"
    compared = f"LIKE {value(_like(parts))}" if len(parts) > 1 else "= ''"
    return f"({_has_key(key, value)} AND {column} {compared})"


def _exists(searched: Field, value: Values) -> str:
    match searched.kind:
        case FieldKind.ATTRIBUTE:
            return _has_key(searched.key, value)
        case FieldKind.PATTERN:
            return "1"
        case _:
            return f"{searched.column} != ''"


def _like(parts: Sequence[str]) -> str:
    return "%".join(re.sub(r"([\\%_])", r"\\\1", part) for part in parts)
