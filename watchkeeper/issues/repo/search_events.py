"""Terms of a search as conditions on rows of `errors`, or of `errors_1h` where that can tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from watchkeeper.issues.repo.search_issues import like_of
from watchkeeper.issues.search import Has, Kind, Place, Search, Text, key_named

EVENT_TEXTS: Mapping[str, str] = {
    "release": "release",
    "environment": "environment",
    "user.id": "if(startsWith(user_key, 'id:'), substring(user_key, 4), '')",
    "user.email": "user_email",
    "user.username": "user_name",
    "user.ip": "user_ip",
    "url": "url",
    "transaction": "transaction",
    "server_name": "server_name",
}
"""Keys of the search as SQL of a row of `errors`."""
_COLUMNS: Mapping[str, str] = {
    **EVENT_TEXTS,
    "stack.function": "functions",
    "trace": "trace_id",
    "id": "event_id",
    "error.handled": "toString(handled)",
}
_ROLLED_UP = frozenset({"release", "environment", "error.handled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConditions:
    """All must hold. needs_rows: the hourly sums cannot tell."""

    sql: Sequence[str] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    needs_rows: bool = False

    def __bool__(self) -> bool:
        return bool(self.sql)


def conditions(search: Search, *, latest: str = "") -> EventConditions:
    """What an event must fulfil. latest: the newest release, for `release:latest`."""
    sql: list[str] = []
    params: dict[str, object] = {}
    needs_rows = False
    for number, term in enumerate(search):
        if not isinstance(term, Text | Has) or not _is_of_events(term.key):
            continue
        name = f"s{number}"
        if isinstance(term, Has):
            text = _has(term, name, params)
        else:
            text = _text(term, name, params, latest)
        sql.append(f"NOT ({text})" if term.negated else f"({text})")
        needs_rows = needs_rows or term.key not in _ROLLED_UP
    return EventConditions(sql=sql, params=params, needs_rows=needs_rows)


def _is_of_events(key: str) -> bool:
    found = key_named(key)
    return found is not None and found.place is Place.EVENTS


def _column(term: Text | Has, name: str, params: dict[str, object]) -> str:
    if term.key != "tag":
        return _COLUMNS[term.key]
    params[f"{name}k"] = tag_prefix(term.tag)
    return tag_value(f"{name}k")


def tag_prefix(key: str) -> str:
    """What the pairs of this tag begin with, for `tag_value`."""
    return f"{key}\n"


def tag_value(prefix: str) -> str:
    """SQL of a tag's value in an event, empty if it has none. prefix: a parameter's name."""
    found = f"arrayFirst(pair -> startsWith(pair, {{{prefix}:String}}), tag_pairs)"
    return f"substring({found}, length({{{prefix}:String}}) + 1)"


def _has(term: Has, name: str, params: dict[str, object]) -> str:
    if term.key == "error.handled":
        return "1"
    return f"{_column(term, name, params)} != ''"


def _text(term: Text, name: str, params: dict[str, object], latest: str) -> str:
    patterns = [latest if _means_latest(term, one) else one for one in term.patterns]
    if term.key == "stack.function":
        return _in_stack(patterns, name, params)
    key = key_named(term.key)
    anywhere = key is not None and key.kind is Kind.PART
    found = []
    exact = [one for one in patterns if "*" not in one and not anywhere]
    if exact:
        found.append(_exactly(term, exact, name, params))
    for number, one in enumerate(one for one in patterns if "*" in one or anywhere):
        column, like = _column(term, name, params), like_of(one)
        params[f"{name}l{number}"] = f"%{like}%" if anywhere else like
        found.append(f"{column} ILIKE {{{name}l{number}:String}}")
    return " OR ".join(found)


def _exactly(term: Text, values: Sequence[str], name: str, params: dict[str, object]) -> str:
    """One of the values, by the shortest column that can tell."""
    if term.key == "tag" and all(values):
        pairs = {f"{name}p{at}": tag_prefix(term.tag) + one for at, one in enumerate(values)}
        params |= pairs
        return " OR ".join(f"has(tag_pairs, {{{pair}:String}})" for pair in pairs)
    if term.key == "user.id" and all(values):
        params[f"{name}e"] = [f"id:{one}" for one in values]
        return f"user_key IN {{{name}e:Array(String)}}"
    params[f"{name}e"] = list(values)
    return f"{_column(term, name, params)} IN {{{name}e:Array(String)}}"


def _means_latest(term: Text, pattern: str) -> bool:
    return term.key == "release" and pattern == "latest"


def _in_stack(patterns: Sequence[str], name: str, params: dict[str, object]) -> str:
    """The names stand between line feeds."""
    found = []
    for number, one in enumerate(patterns):
        key = f"{name}f{number}"
        if "*" in one:
            parts = (re.escape(part) for part in one.split("*"))
            params[key] = "(?i)\n" + "[^\n]*".join(parts) + "\n"
            found.append(f"match(functions, {{{key}:String}})")
        else:
            params[key] = f"\n{one}\n"
            found.append(f"position(functions, {{{key}:String}}) > 0")
    return " OR ".join(found)
