"""What is scraped."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.auth import AdminScope, Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.trail import note
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example
from watchkeeper.ingest.scrape import TargetStatus

router = APIRouter(tags=["scrape"], responses=ERRORS)


class TargetAnswer(Answer):
    """duration_ms, samples: of the last scrape; health unknown: not scraped yet."""

    job: str
    instance: str
    url: str
    labels: dict[str, str]
    health: Literal["up", "down", "unknown"]
    last_scrape_ms: int | None
    duration_ms: float | None
    samples: int | None
    last_error: str


class TargetsAnswer(Answer):
    """The project's targets."""

    targets: list[TargetAnswer]


class ScrapeConfigAnswer(Answer):
    """source: prometheus.yml as it was written, empty without one; problems: as sentences."""

    source: str
    problems: list[str]


class ScrapeConfigBody(Body):
    """A prometheus.yml."""

    model_config = example(
        source="scrape_configs:\n- job_name: shop\n  static_configs:\n"
        "  - targets: ['shop.example.com:9100']\n"
    )
    source: str = Field(max_length=1_000_000)


@router.get("/projects/{project_id}/targets")
def list_targets(rooms: RoomsHere, scope: ViewerScope) -> TargetsAnswer:
    """Every target of the project with its last scrape."""
    return TargetsAnswer(targets=[_answer(each) for each in rooms.scraper.targets(scope)])


@router.get("/projects/{project_id}/scrape-config")
def get_scrape_config(rooms: RoomsHere, scope: MemberScope) -> ScrapeConfigAnswer:
    """The project's prometheus.yml. Needs role member: it may hold credentials."""
    return ScrapeConfigAnswer(
        source=rooms.scrape_configs.source(scope), problems=rooms.scraper.problems(scope)
    )


@router.put("/projects/{project_id}/scrape-config")
def put_scrape_config(
    rooms: RoomsHere, scope: AdminScope, caller: Caller, body: ScrapeConfigBody
) -> ScrapeConfigAnswer:
    """Replace it. 400 names the line of the first fault. Needs role admin."""
    config = rooms.scrape_configs.put(scope, body.source)
    note(rooms, scope, caller, "scrape_config.changed")
    return ScrapeConfigAnswer(source=body.source, problems=list(config.notes))


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
    )
