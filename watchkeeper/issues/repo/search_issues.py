"""Terms of a search as conditions on an issue's own row in meta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, false, func, not_, or_, select, true
from sqlalchemy.sql import ColumnElement

from watchkeeper.issues.search import (
    Count,
    Flag,
    Has,
    Kind,
    Phrase,
    Place,
    Search,
    Term,
    Text,
    Time,
    key_named,
)
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import TimeRange
from watchkeeper.store.meta import tables

_i, _u = tables.issues, tables.users
_COLUMNS = {
    "level": (_i.c.level,),
    "severity": (_i.c.severity,),
    "type": (_i.c.type,),
    "message": (_i.c.value, _i.c.title),
    "title": (_i.c.title,),
    "culprit": (_i.c.culprit,),
    "platform": (_i.c.platform,),
    "first_release": (_i.c.first_release,),
}
_TIMES = {"first_seen": _i.c.first_seen_ms, "last_seen": _i.c.last_seen_ms}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who searches over which range. latest: the newest release, empty when there is none."""

    user_id: int | None
    range: TimeRange
    latest: str = ""


def conditions(search: Search, asker: Asker) -> list[ColumnElement[bool]]:
    """What the issue's row must fulfil; terms about events and counts are left out.

    Raises Invalid for `assigned:me` of nobody.
    """
    return [
        not_(_condition(term, asker)) if term.negated else _condition(term, asker)
        for term in search
        if _is_of_row(term)
    ]


def _is_of_row(term: Term) -> bool:
    match term:
        case Count():
            return False
        case Text() | Has():
            key = key_named(term.key)
            return key is not None and key.place is Place.ISSUE
        case _:
            return True


def _condition(term: Term, asker: Asker) -> ColumnElement[bool]:
    match term:
        case Flag():
            return _flag(term.name, asker)
        case Has():
            if term.key == "assigned":
                return _i.c.assignee_id.is_not(None)
            return or_(*(column != "" for column in _COLUMNS[term.key]))
        case Text():
            return or_(*(_text(term.key, pattern, asker) for pattern in term.patterns))
        case Time():
            return _time(term)
        case Phrase():
            return phrase(term.text)
        case _:
            return true()


def _flag(name: str, asker: Asker) -> ColumnElement[bool]:
    match name:
        case "regressed":
            return and_(_i.c.is_regressed.is_(True), _i.c.status == "unresolved")
        case "new":
            return _i.c.first_seen_ms >= asker.range.start_ms
        case "assigned":
            return _i.c.assignee_id.is_not(None)
        case "unassigned":
            return _i.c.assignee_id.is_(None)
        case "for_me":
            return _i.c.assignee_id == _me(asker)
        case "handled" | "unhandled":
            return _i.c.is_handled.is_(name == "handled")
        case _:
            return _i.c.status == name


def _me(asker: Asker) -> int:
    if asker.user_id is None:
        raise Invalid("This token acts for no person: write assigned:<e-mail> instead of me.")
    return asker.user_id


def _text(key: str, pattern: str, asker: Asker) -> ColumnElement[bool]:
    if key == "assigned":
        return _assigned(pattern, asker)
    if key == "first_release" and pattern == "latest":
        return _i.c.first_release == asker.latest if asker.latest else false()
    found = key_named(key)
    anywhere = found is not None and found.kind is Kind.PART
    return or_(*(_like(column, pattern, anywhere=anywhere) for column in _COLUMNS[key]))


def _assigned(pattern: str, asker: Asker) -> ColumnElement[bool]:
    if pattern == "me":
        return _i.c.assignee_id == _me(asker)
    if pattern == "none":
        return _i.c.assignee_id.is_(None)
    people = select(_u.c.id).where(_like(func.lower(_u.c.email), pattern.lower(), anywhere=False))
    return and_(_i.c.assignee_id.is_not(None), _i.c.assignee_id.in_(people))


def _like(column: ColumnElement[Any], pattern: str, *, anywhere: bool) -> ColumnElement[bool]:
    if "*" not in pattern and not anywhere:
        return column == pattern
    like = like_of(pattern)
    return column.ilike(f"%{like}%" if anywhere else like, escape="\\")


def like_of(pattern: str) -> str:
    """A pattern with `*` as one of LIKE, with `\\` to escape."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _time(term: Time) -> ColumnElement[bool]:
    column = _TIMES[term.key]
    match term.compare:
        case ">":
            return column > term.at_ms
        case ">=":
            return column >= term.at_ms
        case "<":
            return column < term.at_ms
        case "<=":
            return column <= term.at_ms
    return and_(column >= term.at_ms, column < (term.end_ms or term.at_ms))


def phrase(text: str) -> ColumnElement[bool]:
    """Words of title, type, culprit or message, or a short id such as WEB-12."""
    text = text.strip()
    fields = (_i.c.title, _i.c.type, _i.c.culprit, _i.c.value)
    like = f"%{like_of(text)}%"
    found: list[ColumnElement[bool]] = [field.ilike(like, escape="\\") for field in fields]
    number = text.rpartition("-")[2]
    if number.isascii() and number.isdigit() and len(number) < 10:
        found.append(_i.c.number == int(number))
    return or_(*found)
