"""One scrape of one target."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from watchkeeper.ingest import Exemplar, HistogramBatch, SampleBatch
from watchkeeper.ingest.exposition import BadExposition, Format, accept_header, format_of
from watchkeeper.ingest.scrape.batch import (
    Report,
    new_batch,
    new_exemplars,
    new_histograms,
    report_series,
)
from watchkeeper.ingest.scrape.errors import LimitExceeded
from watchkeeper.ingest.scrape.series_cache import Ended, Scraped, SeriesCache
from watchkeeper.ingest.scrape.sign_in import SignIn, SignInFailed
from watchkeeper.ingest.scrape.targets import Target
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import MEBIBYTE, Answer, BodyTooLarge, Outbound

_DEFAULT_BODY_BYTES = 64 * MEBIBYTE
_LARGE_BODY_BYTES = 256 * 1024
"""From this size on, a body is parsed off the loop's thread."""

QUOTED_NOTE = (
    "The target sends its metrics as one JSON string (Response.json of the text). They were read; "
    "a stock Prometheus would refuse them. To mend it, answer the text itself: "
    "new Response(await register.metrics(), {headers: {'Content-Type': register.contentType}})."
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
    histograms: HistogramBatch | None
    exemplars: list[Exemplar]
    started_ms: int
    duration_s: float
    samples: int = 0
    error: str = ""
    note: str = ""


class _Body:
    """What came of one request. bytes: -1 if the body was larger than allowed."""

    def __init__(self) -> None:
        self.bytes = 0


class TargetScraper:
    """Scrapes one target again and again, and remembers its series between scrapes."""

    def __init__(
        self, target: Target, outbound: Outbound, sign_in: SignIn, *, directory: str
    ) -> None:
        """outbound: of this target alone; closed by `close`."""
        self.target = target
        self._outbound = outbound
        self._sign_in = sign_in
        self._directory = directory
        reading = target.job.reading
        self._cache = SeriesCache(target.job, dict(target.labels))
        self._reports = report_series(target.labels, extra=reading.extra_metrics)
        self._headers = {
            "accept": accept_header(reading.protocols, escaping=reading.escaping),
            "accept-encoding": "gzip" if reading.compression else "identity",
            "x-prometheus-scrape-timeout-seconds": f"{target.timeout_ms / 1000:g}",
        }

    async def scrape(self, *, ts_ms: int, started_ms: int) -> Outcome:
        """Fetch, read and shape one answer. ts_ms: the time that its samples get.

        Never raises for what a target does; that is an outcome with health DOWN.
        """
        began = time.perf_counter()
        error, scraped, body, counted = "", None, _Body(), (0, 0)
        try:
            scraped = await self._scraped(body)
        except LimitExceeded as problem:
            error, counted = str(problem), (problem.scraped, problem.kept)
        except (WatchkeeperError, BadExposition, SignInFailed) as problem:
            error = str(problem)
        except OSError as problem:
            error = f"A file named in the scrape job cannot be read: {problem}"
        duration_s = time.perf_counter() - began
        report = self._report(scraped, duration_s, body, counted)
        ended = self._cache.down() if scraped is None else None
        return Outcome(
            health=Health.UP if scraped else Health.DOWN,
            batch=new_batch(
                ts_ms=ts_ms,
                scraped=scraped,
                stale=scraped.vanished if scraped else ended.samples if ended else (),
                reports=self._reports,
                report=report,
            ),
            histograms=new_histograms(
                ts_ms=ts_ms,
                scraped=scraped,
                stale=scraped.vanished_histograms if scraped else ended.histograms if ended else (),
            ),
            exemplars=new_exemplars(scraped, ts_ms=ts_ms),
            started_ms=started_ms,
            duration_s=duration_s,
            samples=report.scraped,
            error=error,
            note=QUOTED_NOTE if scraped and scraped.quoted else "",
        )

    def end(self, ts_ms: int) -> tuple[SampleBatch, HistogramBatch | None]:
        """Staleness markers for everything this target had in its last scrape."""
        ended = self._cache.down()
        batch = new_batch(
            ts_ms=ts_ms, scraped=None, stale=ended.samples, reports=self._reports, report=None
        )
        return batch, new_histograms(ts_ms=ts_ms, scraped=None, stale=ended.histograms)

    def live(self) -> Ended:
        """The series of its last scrape."""
        return self._cache.live()

    def adopt(self, ended: Ended) -> None:
        """Go on where another scraper of the same target stopped."""
        self._cache.adopt(ended)

    async def close(self) -> None:
        """Close the target's connections."""
        await self._outbound.aclose()

    def metadata(self) -> Mapping[str, tuple[str, str, str]]:
        """Metric name to (type, help, unit)."""
        return self._cache.metadata()

    async def _scraped(self, body: _Body) -> Scraped:
        if self.target.refusal:
            raise LimitExceeded(self.target.refusal)
        answer = await self._fetch(body)
        body.bytes = len(answer.body)
        kind = self._format_of(answer)
        if len(answer.body) < _LARGE_BODY_BYTES:
            return self._cache.read(answer.body, kind)
        return await asyncio.to_thread(self._cache.read, answer.body, kind)

    async def _fetch(self, body: _Body) -> Answer:
        target, job = self.target, self.target.job
        timeout_s, began = target.timeout_ms / 1000, time.monotonic()
        signed = await self._sign_in.headers(
            job.client, self._directory, trusted=target.trusted, timeout_s=timeout_s
        )
        left_s = timeout_s if job.client.oauth2 is None else timeout_s + began - time.monotonic()
        try:
            answer = await self._outbound.request(
                "GET",
                target.url,
                headers={**self._headers, **signed},
                timeout_s=max(left_s, 0.001),
                trusted=target.trusted,
                follow_redirects=job.client.follow_redirects,
                max_bytes=job.limits.body_bytes or _DEFAULT_BODY_BYTES,
                tls=job.client.tls,
                proxy=job.client.proxy,
            )
        except BodyTooLarge as error:
            body.bytes = -1
            raise LimitExceeded(f"body size limit exceeded: {error}") from error
        if answer.status != HTTPStatus.OK:
            raise BadExposition(f"server returned HTTP status {_status(answer.status)}")
        return answer

    def _format_of(self, answer: Answer) -> Format:
        """The answer's format; a JSON string is text whatever its type says."""
        try:
            return format_of(
                answer.headers.get("content-type", ""), self.target.job.reading.fallback
            )
        except BadExposition:
            if answer.body[:1] == b'"':
                return Format.TEXT
            raise

    def _report(
        self, scraped: Scraped | None, duration_s: float, body: _Body, counted: tuple[int, int]
    ) -> Report:
        job = self.target.job
        return Report(
            up=scraped is not None,
            duration_s=duration_s,
            scraped=scraped.samples if scraped else counted[0],
            kept=scraped.kept if scraped else counted[1],
            added=scraped.added if scraped else 0,
            extra=job.reading.extra_metrics,
            timeout_s=self.target.timeout_ms / 1000,
            sample_limit=job.limits.samples,
            body_bytes=body.bytes,
        )


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)
