"""One scrape of one target."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from watchkeeper.ingest import SampleBatch
from watchkeeper.ingest.scrape.batch import Report, new_batch, report_series
from watchkeeper.ingest.scrape.errors import BadExposition, LimitExceeded
from watchkeeper.ingest.scrape.series_cache import Scraped, SeriesCache
from watchkeeper.ingest.scrape.sign_in import headers_for
from watchkeeper.ingest.scrape.targets import Target
from watchkeeper.lib.durations import format_duration
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import MEBIBYTE, Outbound

_DEFAULT_BODY_BYTES = 64 * MEBIBYTE
_LARGE_BODY_BYTES = 256 * 1024
"""From this size on, a body is parsed off the loop's thread."""
_ACCEPT = "text/plain;version=0.0.4;q=1,*/*;q=0.1"

QUOTED_NOTE = (
    "The target sends its metrics as one JSON string (Response.json of the text). They were read; "
    "a stock Prometheus would refuse them: send the text itself as text/plain."
)


class Health(StrEnum):
    """How the last scrape went."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one scrape led to. error is empty if it went well."""

    health: Health
    batch: SampleBatch
    started_ms: int
    duration_s: float
    samples: int = 0
    error: str = ""
    note: str = ""


class TargetScraper:
    """Scrapes one target again and again, and remembers its series between scrapes."""

    def __init__(self, target: Target, outbound: Outbound, *, directory: str) -> None:
        self.target = target
        self._outbound = outbound
        self._directory = directory
        self._cache = SeriesCache(target.job, dict(target.labels))
        self._reports = report_series(target.labels)

    async def scrape(self, *, ts_ms: int, started_ms: int) -> Outcome:
        """Fetch, read and shape one answer. ts_ms: the time that its samples get.

        Never raises for what a target does; that is an outcome with health DOWN.
        """
        began = time.perf_counter()
        error, scraped = "", None
        try:
            body = await self._fetch()
            scraped = await self._read(body)
        except (WatchkeeperError, BadExposition, LimitExceeded) as problem:
            error = str(problem)
        except OSError as problem:
            error = f"A file named in the scrape job cannot be read: {problem}"
        duration_s = time.perf_counter() - began
        stale = scraped.vanished if scraped else self._cache.down()
        return Outcome(
            health=Health.UP if scraped else Health.DOWN,
            batch=new_batch(
                ts_ms=ts_ms,
                scraped=scraped,
                stale=stale,
                reports=self._reports,
                report=_report(scraped, duration_s),
            ),
            started_ms=started_ms,
            duration_s=duration_s,
            samples=scraped.samples if scraped else 0,
            error=error,
            note=QUOTED_NOTE if scraped and scraped.quoted else "",
        )

    def end(self, ts_ms: int) -> SampleBatch:
        """Staleness markers for everything this target ever had in its last scrape."""
        return new_batch(
            ts_ms=ts_ms,
            scraped=None,
            stale=self._cache.down(),
            reports=self._reports,
            report=None,
        )

    def metadata(self) -> Mapping[str, tuple[str, str, str]]:
        """Metric name to (type, help, unit)."""
        return self._cache.metadata()

    async def _fetch(self) -> bytes:
        target, job = self.target, self.target.job
        answer = await self._outbound.request(
            "GET",
            target.url,
            headers={
                "accept": _ACCEPT,
                "x-prometheus-scrape-timeout-seconds": f"{target.timeout_ms / 1000:g}",
                **headers_for(job.client, self._directory),
            },
            timeout_s=target.timeout_ms / 1000,
            trusted=target.trusted,
            follow_redirects=job.client.follow_redirects,
            max_bytes=job.limits.body_bytes or _DEFAULT_BODY_BYTES,
            tls=job.client.tls,
        )
        if answer.status != HTTPStatus.OK:
            raise BadExposition(f"server returned HTTP status {_status(answer.status)}")
        if "openmetrics" in answer.headers.get("content-type", ""):
            raise BadExposition(
                "the target answered OpenMetrics though text format 0.0.4 was asked for"
            )
        return answer.body

    async def _read(self, body: bytes) -> Scraped:
        if len(body) < _LARGE_BODY_BYTES:
            return self._cache.read(body)
        return await asyncio.to_thread(self._cache.read, body)


def _report(scraped: Scraped | None, duration_s: float) -> Report:
    if scraped is None:
        return Report(up=False, duration_s=duration_s)
    return Report(
        up=True,
        duration_s=duration_s,
        scraped=scraped.samples,
        kept=len(scraped.values),
        added=scraped.added,
    )


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStatus:
    """A target as people see it. Times are Unix ms; last_scrape_ms None: never scraped yet."""

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

    @property
    def instance(self) -> str:
        return self.labels.get("instance", "")

    def as_prometheus(self) -> dict[str, object]:
        """The entry of activeTargets in Prometheus's /api/v1/targets."""
        from datetime import UTC, datetime

        at = self.last_scrape_ms
        scraped = datetime.fromtimestamp(at / 1000, UTC) if at else datetime(1, 1, 1, tzinfo=UTC)
        return {
            "discoveredLabels": dict(self.discovered_labels),
            "labels": dict(self.labels),
            "scrapePool": self.job,
            "scrapeUrl": self.url,
            "globalUrl": self.url,
            "lastError": self.last_error,
            "lastScrape": scraped.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "lastScrapeDuration": self.last_duration_s,
            "health": self.health.value,
            "scrapeInterval": format_duration(self.interval_ms),
            "scrapeTimeout": format_duration(self.timeout_ms),
        }


def status_of(target: Target, outcome: Outcome | None) -> TargetStatus:
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
    )
