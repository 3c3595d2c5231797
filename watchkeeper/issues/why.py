"""Why events are one issue: what grouping looked at, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from watchkeeper.issues.event import facts_of, read_event
from watchkeeper.issues.grouping import LATEST, VERSIONS, Grouping
from watchkeeper.issues.listing import row_short_id
from watchkeeper.issues.repo import events, rows
from watchkeeper.issues.repo.events import StoredEvent
from watchkeeper.issues.repo.grouped import choices
from watchkeeper.issues.repo.settle import hash_text
from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

Verdict = Literal["same_hash", "merged", "different"]
RULES = {
    "fingerprint": "The event carries a fingerprint of its own.",
    "place": "Types of the exceptions and, of each, the innermost place in your own code: its "
    "function and its line of source.",
    "thing": "Something was thrown that is no error: what is said of it, and the place in your own "
    "code that reported it.",
    "stack_in_app": "Types of the exceptions and the functions of your own code in their stacks.",
    "stack": "Types of the exceptions and all functions of their stacks; none is your own code.",
    "exception": "Types and messages of the exceptions; no stack has a function with a name.",
    "template": "The text of the log call before its values were filled in.",
    "message": "The message without what changes: numbers, ids, addresses.",
    "nothing": "Platform and transaction: the event has neither exception nor message.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that was hashed. is_shared: the other event has it too; None without another."""

    text: str
    is_shared: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How one event was grouped. hash: 16 hex digits, as stored.

    is_recomputed: the parts of today's reading do not give the stored hash: the event was grouped
    with what was known when it came, such as its frames before their source map.
    """

    event_id: str
    version: int
    rule: str
    rule_text: str
    hash: str
    short_id: str
    parts: Sequence[Part]
    is_recomputed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """sentence: the verdict for people."""

    verdict: Verdict
    sentence: str
    event: Side
    other: Side | None


@dataclass(frozen=True, slots=True)
class _Grouped:
    stored: StoredEvent
    grouping: Grouping
    short_id: str
    issue_id: int


def explain(
    meta: Meta, columns: Columns, scope: Scope, hashes: Sequence[int], which: str, other: str
) -> Explanation:
    """which: an event of the issue with these hashes; other: any event of the project, or empty.

    Raises NotFound for an event that is not stored.
    """
    first = _grouped(meta, scope, events.event(columns, scope, hashes, which))
    second = _grouped(meta, scope, events.event(columns, scope, None, other)) if other else None
    verdict = _verdict(first, second)
    return Explanation(
        verdict=verdict,
        sentence=_sentence(verdict, first, second),
        event=_side(first, second),
        other=_side(second, first) if second else None,
    )


def _grouped(meta: Meta, scope: Scope, stored: StoredEvent | None) -> _Grouped:
    if stored is None:
        raise NotFound("The event is not stored, or no longer.")
    with meta.read() as conn:
        choice = choices(conn, [scope.project_id]).get(scope.project_id)
        row = rows.of_hash(conn, scope, stored.grouping_hash)
    facts = facts_of(read_event(stored.payload), received_ms=stored.received_ms)
    own = choice.own if choice else LATEST
    versions = sorted(VERSIONS, key=lambda version: (version != own, -version))
    tried = [VERSIONS[version](facts.groupable) for version in versions]
    grouping = next((one for one in tried if one.hash == stored.grouping_hash), tried[0])
    return _Grouped(stored, grouping, row_short_id(row) if row else "", row.id if row else 0)


def _verdict(first: _Grouped, second: _Grouped | None) -> Verdict:
    if second is None or first.stored.grouping_hash == second.stored.grouping_hash:
        return "same_hash"
    return "merged" if first.issue_id == second.issue_id else "different"


def _sentence(verdict: Verdict, first: _Grouped, second: _Grouped | None) -> str:
    if second is None:
        return f"The event is in {first.short_id} by this rule: {RULES[first.grouping.rule]}"
    if verdict == "same_hash":
        return (
            f"Both are in {first.short_id}: they are equal in everything that is compared. "
            f"{RULES[first.grouping.rule]}"
        )
    if verdict == "merged":
        return (
            f"Both are in {first.short_id} because a person merged two fingerprints; by themselves "
            "they differ."
        )
    if first.grouping.rule != second.grouping.rule:
        return "They are two issues: different rules decided, as they carry different things."
    missing = set(first.grouping.parts) ^ set(second.grouping.parts)
    what = f"{len(missing)} of the compared parts differ" if missing else "their order differs"
    return f"They are two issues ({first.short_id} and {second.short_id}): {what}."


def _side(one: _Grouped, other: _Grouped | None) -> Side:
    theirs = set(other.grouping.parts) if other else None
    return Side(
        event_id=one.stored.event_id,
        version=one.grouping.version,
        rule=one.grouping.rule,
        rule_text=RULES[one.grouping.rule],
        hash=hash_text(one.stored.grouping_hash),
        short_id=one.short_id,
        parts=[
            Part(text=part, is_shared=None if theirs is None else part in theirs)
            for part in one.grouping.parts
        ],
        is_recomputed=one.grouping.hash != one.stored.grouping_hash,
    )
