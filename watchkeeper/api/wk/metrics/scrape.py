"""What is scraped."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from watchkeeper.api.auth import AdminScope, Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.trail import note
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example
from watchkeeper.ingest.scrape import TargetStatus
from watchkeeper.model import Scope

MOST_DROPPED = 1000
"""Dropped targets that are shown: a discovery may name many more."""

router = LateRouter(tags=["scrape"], responses=ERRORS)


class PastScrape(Answer):
    """at_ms: Unix ms when it began."""

    at_ms: int
    up: bool
    duration_ms: float
    samples: int


class TargetAnswer(Answer):
    """duration_ms, samples: of the last scrape; health unknown: not scraped yet.

    note: what should be mended at a target that is up; empty if nothing. discovered_labels: before
    relabelling. history: the last scrapes since the server began, oldest first.
    """

    job: str
    instance: str
    url: str
    labels: dict[str, str]
    health: Literal["up", "down", "unknown"]
    last_scrape_ms: int | None
    duration_ms: float | None
    samples: int | None
    last_error: str
    note: str
    discovered_labels: dict[str, str]
    interval_ms: int
    timeout_ms: int
    history: list[PastScrape]


class DroppedTarget(Answer):
    """A discovered target that is not scraped; reason: a sentence."""

    job: str
    discovered_labels: dict[str, str]
    reason: str


class TargetsAnswer(Answer):
    """The project's targets. jobs: all of them, also those without a target."""

    targets: list[TargetAnswer]
    dropped: list[DroppedTarget]
    jobs: list[str]


class ScrapeConfigAnswer(Answer):
    """source: prometheus.yml as it was written, empty without one; problems: as sentences.

    notes: what it says that does nothing here, as sentences.
    """

    source: str
    problems: list[str]
    notes: list[str]


class ScrapeConfigBody(Body):
    """A prometheus.yml."""

    model_config = example(
        source="scrape_configs:\n- job_name: shop\n  static_configs:\n"
        "  - targets: ['shop.example.com:9100']\n"
    )
    source: str = Field(max_length=1_000_000)


@router.get("/projects/{project_id}/targets")
def list_targets(rooms: RoomsHere, scope: ViewerScope) -> TargetsAnswer:
    """Every target of the project with its last scrapes."""
    scraper = rooms.scraper
    return TargetsAnswer(
        targets=[_answer(each) for each in scraper.targets(scope)],
        dropped=[
            DroppedTarget(job=each.job, discovered_labels=dict(each.discovered), reason=each.reason)
            for each in scraper.dropped_targets(scope)[:MOST_DROPPED]
        ],
        jobs=scraper.pools(scope),
    )


@router.get("/projects/{project_id}/scrape-config")
def get_scrape_config(rooms: RoomsHere, scope: MemberScope) -> ScrapeConfigAnswer:
    """The project's prometheus.yml. Needs role member: it may hold credentials."""
    return _config_answer(rooms, scope)


@router.put("/projects/{project_id}/scrape-config")
def put_scrape_config(
    rooms: RoomsHere, scope: AdminScope, caller: Caller, body: ScrapeConfigBody
) -> ScrapeConfigAnswer:
    """Replace it. 400 names the line of the first fault. Needs role admin."""
    config = rooms.scrape_configs.put(scope, body.source)
    note(rooms, scope, caller, "scrape_config.changed")
    return ScrapeConfigAnswer(source=body.source, problems=[], notes=list(config.notes))


@router.post("/projects/{project_id}/scrape-config/reload")
async def reload_scrape_config(
    rooms: RoomsHere, scope: AdminScope, caller: Caller
) -> ScrapeConfigAnswer:
    """Read all scrape configs anew, files on disk too; `problems` says what is wrong.

    Needs role admin.
    """
    await rooms.scraper.reload()
    await run_in_threadpool(note, rooms, scope, caller, "scrape_config.reloaded")
    return await run_in_threadpool(_config_answer, rooms, scope)


def _config_answer(rooms: Rooms, scope: Scope) -> ScrapeConfigAnswer:
    return ScrapeConfigAnswer(
        source=rooms.scrape_configs.source(scope),
        problems=rooms.scraper.problems(scope),
        notes=rooms.scraper.notes(scope),
    )


def _answer(target: TargetStatus) -> TargetAnswer:
    is_scraped = target.last_scrape_ms is not None
    return TargetAnswer(
        job=target.job,
        instance=target.instance,
        url=target.url,
        labels=dict(target.labels),
        health=target.health.value,
        last_scrape_ms=target.last_scrape_ms,
        duration_ms=target.last_duration_s * 1000 if is_scraped else None,
        samples=target.samples if is_scraped else None,
        last_error=target.last_error,
        note=target.note,
        discovered_labels=dict(target.discovered_labels),
        interval_ms=target.interval_ms,
        timeout_ms=target.timeout_ms,
        history=[
            PastScrape(
                at_ms=past.ts_ms,
                up=past.is_up,
                duration_ms=past.duration_s * 1000,
                samples=past.samples,
            )
            for past in target.history
        ],
    )
