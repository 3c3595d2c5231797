"""What leaves the app: errors with their context, timings, log lines."""

from __future__ import annotations

import io
import json
import logging

import pytest
import sentry_sdk
import watchkeeper_sdk
from watchkeeper_sdk import (
    AlertConfig,
    ErrorTracker,
    NotFoundError,
    PerformanceMonitor,
    log_json,
    sanitize_query,
)
from watchkeeper_sdk.guard import Guard
from watchkeeper_sdk.request_context import answering, new_request

from tests.sdk.conftest import Kept


def test_an_error_is_sent_with_its_context(kept: Kept) -> None:
    context = {
        "endpoint": "/pay",
        "method": "POST",
        "userId": 7,
        "ip": "198.51.100.7",
        "deployment_id": "d-12",
        "function_id": "f-3",
        "basket": 3,
    }

    event_id = ErrorTracker().track_error(ValueError("no"), context, severity="critical")
    sentry_sdk.flush()

    (event,) = kept.of("event")
    assert event["event_id"] == event_id
    assert event["level"] == "fatal"
    assert event["tags"] == {
        "severity": "critical",
        "endpoint": "/pay",
        "method": "POST",
        "deployment_id": "d-12",
        "function_id": "f-3",
    }
    assert event["user"]["id"] == "7"
    assert event["contexts"]["details"] == {"basket": 3}
    assert context["userId"] == 7, "the caller's mapping is left alone"


def test_a_sentence_is_an_error_too(kept: Kept) -> None:
    ErrorTracker().track_error("the till is empty")
    sentry_sdk.flush()

    assert [one["message"] for one in kept.of("event")] == ["the till is empty"]


def test_one_errors_context_is_not_the_nexts(kept: Kept) -> None:
    tracker = ErrorTracker()
    tracker.track_error("first", {"feature": "cart"})
    tracker.track_error("second")
    sentry_sdk.flush()

    assert [one.get("tags", {}).get("feature") for one in kept.of("event")] == ["cart", None]


class Unspeakable:
    """What an app may put into its context without knowing."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_what_fails_while_an_error_is_sent_stays_out_of_the_app(kept: Kept) -> None:
    assert ErrorTracker().track_error(ValueError("no"), {"endpoint": Unspeakable()}) is None


def test_only_errors_are_kept_from_the_app() -> None:
    with pytest.raises(KeyboardInterrupt), Guard("a value was not sent"):
        raise KeyboardInterrupt


def test_nothing_raises_when_nothing_was_started() -> None:
    assert not watchkeeper_sdk.init("no DSN at all")
    assert ErrorTracker().track_error(ValueError("x")) is None
    PerformanceMonitor().track_database_query("SELECT 1", 1.0)
    assert PerformanceMonitor().track_api_call("/x", "GET", lambda: 5) == 5


def test_callers_faults_are_not_reported_even_where_nobody_answers_them(kept: Kept) -> None:
    sentry_sdk.capture_exception(NotFoundError())
    sentry_sdk.capture_exception(KeyError("x"))
    sentry_sdk.flush()

    assert kept.error_types() == ["KeyError"]


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("SELECT * FROM users WHERE id = 48213", "SELECT * FROM users WHERE id = XXXX"),
        ("… WHERE n = 123 AND card = '4111'", "… WHERE n = 123 AND card = 'XXXX'"),
        ("… WHERE name = 'O''Hara' LIMIT 10", "… WHERE name = 'XXXX' LIMIT 10"),
        ("INSERT INTO t1234 VALUES (9)", "INSERT INTO t1234 VALUES (9)"),
    ],
)
def test_values_do_not_leave_the_app_in_queries(query: str, sent: str) -> None:
    assert sanitize_query(query) == sent


def test_a_query_is_a_span_and_a_measured_value(kept: Kept) -> None:
    with sentry_sdk.start_transaction(op="task", name="bill"):
        PerformanceMonitor().track_database_query("DELETE FROM t WHERE id = 12345", 40.0)
    sentry_sdk.flush()

    (transaction,) = kept.of("transaction")
    (span,) = transaction["spans"]
    assert (span["op"], span["description"]) == ("db", "DELETE FROM t WHERE id = XXXX")
    (value,) = [item for batch in kept.of("trace_metric") for item in batch["items"]]
    assert (value["name"], value["value"], value["unit"]) == (
        "database_query.duration",
        40.0,
        "millisecond",
    )


def test_a_slow_query_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    PerformanceMonitor().track_database_query("SELECT 99999", 1_500.0)
    PerformanceMonitor().track_database_query("SELECT 1", 900.0)

    assert [one.query for one in caplog.records] == ["SELECT XXXX"]  # type: ignore[attr-defined]


def test_a_call_that_raises_is_an_error_and_still_raises(kept: Kept) -> None:
    def fail() -> None:
        raise OSError("down")

    with pytest.raises(OSError, match="down"):
        PerformanceMonitor().track_api_call("/charge", "POST", fail)
    sentry_sdk.flush()

    (transaction,) = kept.of("transaction")
    assert transaction["transaction"] == "POST /charge"
    assert transaction["contexts"]["trace"]["status"] == "internal_error"
    (value,) = [item for batch in kept.of("trace_metric") for item in batch["items"]]
    assert value["attributes"]["status"]["value"] == "error"


async def test_a_coroutine_is_timed_too(kept: Kept) -> None:
    async def answer() -> int:
        return 5

    assert await PerformanceMonitor().track_api_call_async("/x", "GET", answer) == 5


def test_a_page_load_has_its_phases(kept: Kept) -> None:
    PerformanceMonitor().track_page_load("/cart", {"ttfb": 90, "total": 1250})
    sentry_sdk.flush()

    sent = [item for batch in kept.of("trace_metric") for item in batch["items"]]
    assert {one["attributes"]["phase"]["value"]: one["value"] for one in sent} == {
        "ttfb": 90,
        "total": 1250,
    }


def test_log_lines_carry_the_request_and_extras() -> None:
    stream = io.StringIO()
    handler = log_json(stream=stream)
    try:
        request = new_request(method="GET", path="/cart", sent_id="r1", peer="198.51.100.7")
        with answering(request):
            request.user_id = "7"
            logging.getLogger("shop").warning("slow %s", "cart", extra={"took_ms": 12})
        try:
            raise ValueError("x")
        except ValueError:
            logging.getLogger("shop").exception("failed")
    finally:
        logging.getLogger().removeHandler(handler)

    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    del first["timestamp"]
    assert first == {
        "level": "warning",
        "logger": "shop",
        "message": "slow cart",
        "request_id": "r1",
        "method": "GET",
        "path": "/cart",
        "ip": "198.51.100.7",
        "user_id": "7",
        "took_ms": 12,
    }
    assert "ValueError: x" in second["exception"]
    assert "request_id" not in second


def test_an_alert_is_written_in_promql() -> None:
    alert = AlertConfig(name="Pay", threshold=10, window="1h", type='A"B', severity="high")

    assert alert.expression == (
        'sum(increase(watchkeeper_errors_total{type="A\\"B",severity="high"}[1h])) > 10'
    )
