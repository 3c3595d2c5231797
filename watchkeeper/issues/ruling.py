"""How bad an event is by the project's own rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection

from watchkeeper.issues.event import ErrorFacts
from watchkeeper.issues.repo import searches as repo
from watchkeeper.issues.search import Search, matches, parse
from watchkeeper.lib.search import BadSearch
from watchkeeper.model import Severity

Rule = tuple[Search, Severity]
RulesByProject = Mapping[int, Sequence[Rule]]

_FIELDS: Mapping[str, Callable[[ErrorFacts], str]] = {
    "type": lambda facts: facts.type,
    "message": lambda facts: facts.value,
    "title": lambda facts: facts.title,
    "culprit": lambda facts: facts.culprit,
    "level": lambda facts: facts.level,
    "platform": lambda facts: facts.platform,
    "release": lambda facts: facts.release,
    "environment": lambda facts: facts.environment,
    "transaction": lambda facts: facts.transaction,
    "server_name": lambda facts: facts.server_name,
    "url": lambda facts: facts.url,
    "user.id": lambda facts: _after(facts.user_key, "id:"),
    "user.email": lambda facts: facts.user_email,
    "user.username": lambda facts: facts.user_name,
    "user.ip": lambda facts: facts.user_ip,
    "error.handled": lambda facts: "1" if facts.is_handled else "0",
}


def severity_rules(conn: Connection, project_ids: Collection[int]) -> RulesByProject:
    """Rules of the projects that have any, in the order in which they are tried."""
    found: dict[int, list[Rule]] = {}
    for row in repo.severity_rules(conn, project_ids) if project_ids else ():
        search = _read(row.query)
        if search is not None:
            found.setdefault(row.project_id, []).append((search, Severity(row.severity)))
    return found


@lru_cache(maxsize=1_000)
def _read(query: str) -> Search | None:
    """None for a rule that an older program accepted and this one does not: it never fits."""
    try:
        return parse(query, now_ms=0)
    except BadSearch:
        return None


def ruled_severity(facts: ErrorFacts, rules: Sequence[Rule]) -> Severity | None:
    """What the first rule that fits says; None when none does."""
    return next((severity for search, severity in rules if fits(search, facts)), None)


def fits(search: Search, facts: ErrorFacts) -> bool:
    """True if the event has all that the search asks for."""
    return matches(search, lambda key, tag: _values(facts, key, tag))


def _values(facts: ErrorFacts, key: str, tag: str) -> Sequence[str]:
    if key == "tag":
        value = facts.tags.get(tag, "")
        return (value,) if value else ()
    if key == "stack.function":
        return facts.functions.strip("\n").split("\n") if facts.functions else ()
    read = _FIELDS.get(key)
    return (read(facts),) if read else ()


def _after(text: str, prefix: str) -> str:
    return text[len(prefix) :] if text.startswith(prefix) else ""
