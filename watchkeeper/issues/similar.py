"""Issues that may be the same fault as another one, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from watchkeeper.issues.listing import row_short_id
from watchkeeper.issues.repo import events, rows
from watchkeeper.issues.types import IssueRef, IssueStatus
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

COMPARED = 1_000
"""Issues whose type and message are compared: of the same type, then the newest."""

COMPARED_STACKS = 40
"""Of those the likeliest, whose stacks are compared as well."""

LEAST_SCORE = 0.3
_OF_TYPE, _OF_PLACES, _OF_WORDS = 0.35, 0.45, 0.2
_WORD = re.compile(r"[^\W\d_]{3,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarIssue:
    """score 0..1 = 0.35 for the same type + 0.45 * places_ratio + 0.2 * words_ratio.

    places, words: what both have, functions of the stack and words of the message; the ratios are
    of what either has.
    """

    short_id: str
    title: str
    type: str
    culprit: str
    status: IssueStatus
    events: int
    last_seen_ms: int
    score: float
    same_type: bool
    places: Sequence[str]
    places_ratio: float
    words: Sequence[str]
    words_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """The most similar first. looked_at: issues that were compared."""

    issues: Sequence[SimilarIssue]
    looked_at: int


def similar_to(
    meta: Meta, columns: Columns, scope: Scope, issue: IssueRef, *, limit: int
) -> Similar:
    """Raises NotFound for an issue of another project."""
    with meta.read() as conn:
        row = rows.known(rows.find(conn, scope, issue))
        others = rows.comparable(conn, scope, row, COMPARED)
        likely = sorted(others, key=lambda one: -_first_score(row, one))[:COMPARED_STACKS]
        issue_of = rows.hashes_of(conn, scope, [row.id, *(one.id for one in likely)])
    stacks = events.stacks(columns, scope, issue_of)
    own = stacks.get(row.id, frozenset())
    found = [_compared(row, one, own, stacks.get(one.id, frozenset())) for one in likely]
    found.sort(key=lambda one: (-one.score, -one.last_seen_ms))
    kept = [one for one in found if one.score >= LEAST_SCORE]
    return Similar(issues=kept[:limit], looked_at=len(others))


def _first_score(row: Row[Any], other: Row[Any]) -> float:
    """Without the stacks: type, place of the fault, words."""
    _shared, words = _overlap(_words(row), _words(other))
    same_place = bool(row.culprit and row.culprit == other.culprit)
    return _OF_TYPE * bool(row.type == other.type) + _OF_PLACES * same_place + _OF_WORDS * words


def _compared(
    row: Row[Any], other: Row[Any], own: frozenset[str], theirs: frozenset[str]
) -> SimilarIssue:
    places, places_ratio = _overlap(own, theirs)
    words, words_ratio = _overlap(_words(row), _words(other))
    same_type = row.type == other.type
    score = _OF_TYPE * same_type + _OF_PLACES * places_ratio + _OF_WORDS * words_ratio
    return SimilarIssue(
        short_id=row_short_id(other),
        title=other.title,
        type=other.type,
        culprit=other.culprit,
        status=IssueStatus(other.status),
        events=other.events,
        last_seen_ms=other.last_seen_ms,
        score=round(score, 3),
        same_type=same_type,
        places=places,
        places_ratio=round(places_ratio, 3),
        words=words,
        words_ratio=round(words_ratio, 3),
    )


def _words(row: Row[Any]) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(row.value[:1_000]))


def _overlap(one: frozenset[str], other: frozenset[str]) -> tuple[list[str], float]:
    """What both have, and its share of what either has."""
    both, either = one & other, one | other
    return sorted(both)[:20], len(both) / len(either) if either else 0.0
