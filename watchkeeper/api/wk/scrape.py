"""What is scraped."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example

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
def list_targets(project_id: int) -> TargetsAnswer:
    """Every target of the project with its last scrape."""
    raise NotImplementedError


@router.get("/projects/{project_id}/scrape-config")
def get_scrape_config(project_id: int) -> ScrapeConfigAnswer:
    """The project's prometheus.yml. Needs role member: it may hold credentials."""
    raise NotImplementedError


@router.put("/projects/{project_id}/scrape-config")
def put_scrape_config(project_id: int, body: ScrapeConfigBody) -> ScrapeConfigAnswer:
    """Replace it. 400 names the line of the first fault. Needs role admin."""
    raise NotImplementedError
