"""How long pages, calls and queries take: a measured value always, a span where one is sampled."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import sentry_sdk
from sentry_sdk import metrics

from watchkeeper_sdk.guard import Guard

T = TypeVar("T")

SLOW_QUERY_MS = 1_000
"""A query that takes longer is logged as slow."""

_LONG_NUMBER = re.compile(r"\b\d{4,}\b")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_QUERY_CHARACTERS = 1_000
_log = logging.getLogger("watchkeeper_sdk.performance")


def sanitize_query(query: str) -> str:
    """The query without quoted values and without numbers of four digits and more."""
    return _LONG_NUMBER.sub("XXXX", _QUOTED.sub("'XXXX'", query))[:_QUERY_CHARACTERS]


class PerformanceMonitor:
    """Times work and sends what it took. Stateless; make one, or as many as you like."""

    def track_page_load(self, page: str, timings_ms: Mapping[str, float]) -> None:
        """Send the phases of one page load, such as {"ttfb": 90, "total": 1250}, in ms."""
        for phase, took_ms in timings_ms.items():
            _measure("page_load", took_ms, {"page": page, "phase": phase})
        total_ms = timings_ms.get("total", max(timings_ms.values(), default=0.0))
        _span("pageload", page, total_ms, {f"timing.{k}": v for k, v in timings_ms.items()})

    def track_api_call(self, endpoint: str, method: str, call: Callable[[], T]) -> T:
        """Run `call`, send how long it took and whether it raised; returns what it returned."""
        with self.api_call(endpoint, method):
            return call()

    async def track_api_call_async(
        self, endpoint: str, method: str, call: Callable[[], Awaitable[T]]
    ) -> T:
        """The same for a coroutine function."""
        with self.api_call(endpoint, method):
            return await call()

    @contextmanager
    def api_call(self, endpoint: str, method: str) -> Iterator[None]:
        """The same for a block."""
        start, status = time.perf_counter(), "success"
        span = _opened("http.client", f"{method} {endpoint}")
        try:
            yield
        except BaseException:
            status = "error"
            raise
        finally:
            took_ms = (time.perf_counter() - start) * 1000
            facts = {"endpoint": endpoint, "method": method, "status": status}
            _closed(span, is_error=status == "error")
            _measure("api_call", took_ms, facts)

    def track_database_query(self, query: str, duration_ms: float, system: str = "sql") -> None:
        """Send one query that has run. A slow one is logged, too."""
        statement = sanitize_query(query)
        facts = {"operation": statement.partition(" ")[0].upper()[:16], "system": system}
        _measure("database_query", duration_ms, facts)
        _span("db", statement, duration_ms, {"db.system": system})
        if duration_ms > SLOW_QUERY_MS:
            _log.warning(
                "slow query", extra={"query": statement, "duration_ms": round(duration_ms, 1)}
            )


def _measure(name: str, took_ms: float, facts: Mapping[str, str]) -> None:
    with Guard("a value was not sent"):
        metrics.distribution(
            f"{name}.duration", took_ms, unit="millisecond", attributes=dict(facts)
        )


def _span(op: str, name: str, took_ms: float, facts: Mapping[str, object]) -> None:
    """A span that is over already, in the current one, else on its own."""
    with Guard("a span was not sent"):
        end = datetime.now(UTC)
        start = end - timedelta(milliseconds=took_ms)
        span = _new_span(op, name, start)
        for key, value in facts.items():
            span.set_data(key, value)
        span.finish(end_timestamp=end)


def _opened(op: str, name: str) -> sentry_sdk.tracing.Span | None:
    with Guard("a span was not begun"):
        return _new_span(op, name, datetime.now(UTC))
    return None


def _new_span(op: str, name: str, start: datetime) -> sentry_sdk.tracing.Span:
    parent = sentry_sdk.get_current_span()
    if parent is not None:
        return parent.start_child(op=op, name=name, start_timestamp=start)
    return sentry_sdk.start_transaction(op=op, name=name, start_timestamp=start)


def _closed(span: sentry_sdk.tracing.Span | None, *, is_error: bool) -> None:
    if span is None:
        return
    with Guard("a span was not sent"):
        span.set_status("internal_error" if is_error else "ok")
        span.finish()
