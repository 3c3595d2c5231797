"""Targets as people see them, and as Prometheus's API tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from watchkeeper.ingest.scrape.scrape import Health, Outcome
from watchkeeper.ingest.scrape.targets import Target
from watchkeeper.lib.durations import format_duration
from watchkeeper.lib.rfc3339 import NEVER, rfc3339


@dataclass(frozen=True, slots=True)
class Scrape:
    """One past scrape. ts_ms: when it started, Unix ms."""

    ts_ms: int
    is_up: bool
    duration_s: float
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStatus:
    """A target as people see it. Times are Unix ms; last_scrape_ms None: never scraped yet.

    history: its last scrapes since this process began, oldest first.
    """

    project_id: int
    job: str
    url: str
    labels: Mapping[str, str]
    discovered_labels: Mapping[str, str]
    health: Health
    last_error: str
    last_scrape_ms: int | None
    last_duration_s: float
    interval_ms: int
    timeout_ms: int
    samples: int
    note: str
    history: Sequence[Scrape] = field(default=())

    @property
    def instance(self) -> str:
        return self.labels.get("instance", "")

    @property
    def failing_since_ms(self) -> int | None:
        """The first of the remembered scrapes since which all failed; None if the last was well."""
        since_ms = None if self.health is Health.UP else self.last_scrape_ms
        for scrape in reversed(self.history):
            if scrape.is_up:
                break
            since_ms = scrape.ts_ms
        return since_ms

    def as_prometheus(self) -> dict[str, object]:
        """The entry of activeTargets in Prometheus's /api/v1/targets."""
        return {
            "discoveredLabels": dict(self.discovered_labels),
            "labels": dict(self.labels),
            "scrapePool": self.job,
            "scrapeUrl": self.url,
            "globalUrl": self.url,
            "lastError": self.last_error,
            "lastScrape": rfc3339(self.last_scrape_ms) if self.last_scrape_ms else NEVER,
            "lastScrapeDuration": self.last_duration_s,
            "health": self.health.value,
            "scrapeInterval": format_duration(self.interval_ms),
            "scrapeTimeout": format_duration(self.timeout_ms),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMetadata:
    """What one target, named by its labels, tells of its metrics: name to (type, help, unit)."""

    target: Mapping[str, str]
    metrics: Mapping[str, tuple[str, str, str]]


def status_of(
    target: Target, outcome: Outcome | None, history: Sequence[Scrape] = ()
) -> TargetStatus:
    """A target and how its last scrape went, for people."""
    return TargetStatus(
        project_id=target.project_id,
        job=target.job.name,
        url=target.url,
        labels=dict(target.labels),
        discovered_labels=dict(target.discovered),
        health=outcome.health if outcome else Health.UNKNOWN,
        last_error=outcome.error if outcome else "",
        last_scrape_ms=outcome.started_ms if outcome else None,
        last_duration_s=outcome.duration_s if outcome else 0.0,
        interval_ms=target.interval_ms,
        timeout_ms=target.timeout_ms,
        samples=outcome.samples if outcome else 0,
        note=outcome.note if outcome else "",
        history=tuple(history),
    )
