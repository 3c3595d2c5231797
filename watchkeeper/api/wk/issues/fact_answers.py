"""From what the issues room knows of an issue to bodies."""

from __future__ import annotations

from watchkeeper.api.wk.issues.fact_shapes import (
    EnvironmentShare,
    EventRow,
    EventsAnswer,
    FactsAnswer,
    HashedPart,
    ReleaseShare,
    SimilarAnswer,
    SimilarIssue,
    SuspectCommit,
    SuspectDeploy,
    TagCount,
    TagValuesAnswer,
    WhyAnswer,
    WhySide,
)
from watchkeeper.issues import EventPage, Explanation, Facts, GroupedEvent, Similar, ValuesOfTag


def facts_answer(facts: Facts) -> FactsAnswer:
    """Where and since when."""
    total = max(1, facts.stored_events)
    return FactsAnswer(
        releases=[
            ReleaseShare(
                release=one.name,
                events=one.events,
                ratio=min(1.0, one.events / total),
                first_ms=one.first_ms,
                last_ms=one.last_ms,
                is_first=one.name == facts.first_release,
                is_last=one.name == facts.last_release,
                is_resolved_in=one.name == facts.resolved_in,
            )
            for one in facts.releases
        ],
        environments=[
            EnvironmentShare(
                environment=one.name,
                events=one.events,
                ratio=min(1.0, one.events / total),
                first_ms=one.first_ms,
                last_ms=one.last_ms,
            )
            for one in facts.environments
        ],
        suspect_deploy=_deploy(facts),
        suspect_commits=[
            SuspectCommit(
                commit=one.commit,
                message=one.message,
                author_name=one.author_name,
                author_email=one.author_email,
                committed_ms=one.committed_ms,
                files=list(one.files),
            )
            for one in facts.suspect_commits
        ],
        first_event_id=facts.first_event_id,
        last_event_id=facts.last_event_id,
    )


def _deploy(facts: Facts) -> SuspectDeploy | None:
    found = facts.suspect_deploy
    if found is None:
        return None
    return SuspectDeploy(
        release=found.release,
        environment=found.environment,
        at_ms=found.at_ms,
        url=found.url,
        before_ms=found.before_ms,
        is_of_first_release=found.is_of_first_release,
    )


def events_answer(page: EventPage) -> EventsAnswer:
    """A page of events."""
    return EventsAnswer(
        events=[
            EventRow(
                event_id=one.event_id,
                ts_ms=one.ts_ms,
                title=f"{one.type}: {one.value}" if one.value else one.type,
                level=one.level,
                release=one.release,
                environment=one.environment,
                user=one.user_key,
                url=one.url,
                transaction=one.transaction,
                trace_id=one.trace_id,
                server_name=one.server_name,
            )
            for one in page.events
        ],
        next_cursor=page.next_cursor,
    )


def tag_values_answer(found: ValuesOfTag) -> TagValuesAnswer:
    """Values of one tag."""
    return TagValuesAnswer(
        key=found.key,
        total=found.total,
        values=[
            TagCount(value=value, count=n, ratio=n / found.total, first_ms=first, last_ms=last)
            for value, n, first, last in found.values
        ],
    )


def similar_answer(found: Similar) -> SimilarAnswer:
    """Similar issues."""
    return SimilarAnswer(
        looked_at=found.looked_at,
        issues=[
            SimilarIssue(
                short_id=one.short_id,
                title=one.title,
                type=one.type,
                culprit=one.culprit,
                status=one.status.value,
                events=one.events,
                last_seen_ms=one.last_seen_ms,
                score=one.score,
                same_type=one.same_type,
                places=list(one.places),
                places_ratio=one.places_ratio,
                words=list(one.words),
                words_ratio=one.words_ratio,
            )
            for one in found.issues
        ],
    )


def why_answer(found: Explanation) -> WhyAnswer:
    """Why events are one issue."""
    return WhyAnswer(
        verdict=found.verdict,
        sentence=found.sentence,
        event=_side(found.event),
        other=_side(found.other) if found.other else None,
    )


def _side(one: GroupedEvent) -> WhySide:
    return WhySide(
        event_id=one.event_id,
        version=one.version,
        rule=one.rule,
        rule_text=one.rule_text,
        hash=one.hash,
        short_id=one.short_id,
        parts=[HashedPart(text=part.text, is_shared=part.is_shared) for part in one.parts],
        is_recomputed=one.is_recomputed,
    )
