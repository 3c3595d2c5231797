"""Targets by scrape pool, with everything that helps to mend one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, RangeQuery
from watchkeeper.api.wk.up_history import UpHistory, bucket_ms, ratios, strips
from watchkeeper.ingest.scrape import Health, TargetStatus
from watchkeeper.lib.clock import HOUR_MS

router = LateRouter(tags=["scrape"], responses=ERRORS)

MOST_DROPPED = 200


class PoolTarget(Answer):
    """discovered_labels: before relabelling. note: what is odd about it though it is read.

    up_ratio: 0..1 over the range; strip: the same in equal buckets, null without a scrape.
    """

    instance: str
    url: str
    labels: dict[str, str]
    discovered_labels: dict[str, str]
    health: Literal["up", "down", "unknown"]
    last_scrape_ms: int | None
    duration_ms: float | None
    interval_ms: int
    timeout_ms: int
    samples: int | None
    last_error: str
    note: str
    up_ratio: float | None
    strip: list[float | None]


class Pool(Answer):
    """One scrape job with its targets, those that are down first."""

    job: str
    up: int
    down: int
    unknown: int
    dropped: int
    targets: list[PoolTarget]


class UnscrapedTarget(Answer):
    """Found, but not scraped; reason: why."""

    job: str
    discovered_labels: dict[str, str]
    reason: str


class PoolsAnswer(Answer):
    """dropped: at most 200 of dropped_total. problems: of configs and discovery, as sentences."""

    pools: list[Pool]
    dropped: list[UnscrapedTarget]
    dropped_total: int
    problems: list[str]


@router.get("/projects/{project_id}/target-pools")
def list_target_pools(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[RangeQuery, Query()]
) -> PoolsAnswer:
    """Every target of the project by job, with how it did. The last 6 h if no range is given."""
    span = query.within(rooms.clock(), default_ms=6 * HOUR_MS)
    targets = rooms.scraper.targets(scope)
    dropped = rooms.scraper.dropped_targets(scope)
    history = UpHistory(
        ratios=ratios(rooms.engine, scope, span) if targets else {},
        strips=strips(rooms.engine, scope, span) if targets else {},
        end_ms=span.end_ms,
        bucket_ms=bucket_ms(span),
    )
    jobs = sorted({each.job for each in targets} | {each.job for each in dropped})
    return PoolsAnswer(
        pools=[
            _pool(
                job,
                [each for each in targets if each.job == job],
                sum(each.job == job for each in dropped),
                history,
            )
            for job in jobs
        ],
        dropped=[
            UnscrapedTarget(
                job=each.job, discovered_labels=dict(each.discovered), reason=each.reason
            )
            for each in dropped[:MOST_DROPPED]
        ],
        dropped_total=len(dropped),
        problems=rooms.scraper.problems(scope),
    )


_WORST_FIRST = (Health.DOWN, Health.UNKNOWN, Health.UP)


def _pool(job: str, targets: Sequence[TargetStatus], dropped: int, history: UpHistory) -> Pool:
    worst_first = sorted(targets, key=lambda each: _WORST_FIRST.index(each.health))

    def count(health: Health) -> int:
        return sum(each.health is health for each in targets)

    return Pool(
        job=job,
        up=count(Health.UP),
        down=count(Health.DOWN),
        unknown=count(Health.UNKNOWN),
        dropped=dropped,
        targets=[_target(each, history) for each in worst_first],
    )


def _target(target: TargetStatus, history: UpHistory) -> PoolTarget:
    is_scraped = target.last_scrape_ms is not None
    return PoolTarget(
        instance=target.instance,
        url=target.url,
        labels=dict(target.labels),
        discovered_labels=dict(target.discovered_labels),
        health=target.health.value,
        last_scrape_ms=target.last_scrape_ms,
        duration_ms=target.last_duration_s * 1000 if is_scraped else None,
        interval_ms=target.interval_ms,
        timeout_ms=target.timeout_ms,
        samples=target.samples if is_scraped else None,
        last_error=target.last_error,
        note=target.note,
        up_ratio=history.ratios.get((target.job, target.instance)),
        strip=history.strip(target.job, target.instance),
    )
