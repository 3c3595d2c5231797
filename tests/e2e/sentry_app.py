"""A program that is watched by an unmodified sentry-sdk: `python sentry_app.py DSN SCENARIO`.

Each scenario sends one sort of item; every one plants secrets that must not be stored.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import sentry_sdk
from sentry_sdk.crons import monitor
from sentry_sdk.integrations.celery import CeleryIntegration

SECRET = "hunter2-planted-secret"
RELEASE = "shop@1.2.3"


def start(dsn: str, **options: Any) -> None:
    sentry_sdk.init(
        dsn,
        release=RELEASE,
        environment="production",
        server_name="web-1",
        send_default_pii=True,
        **options,
    )
    sentry_sdk.set_user({"id": "42", "email": "ada@example.com", "ip_address": "203.0.113.9"})
    sentry_sdk.set_tag("feature", "checkout")


def leave_a_trail() -> None:
    """Far from the raising line, so that the source shown with it does not quote this."""
    sentry_sdk.add_breadcrumb(category="query", message="SELECT 1 WHERE id = 123456")


def work(seconds: float) -> int:
    """Keep the processor busy, so that a profiler sees something."""
    until, total = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        total += sum(range(500))
    return total


def error(dsn: str) -> None:
    start(dsn)
    leave_a_trail()
    with sentry_sdk.new_scope() as scope:
        scope.add_attachment(bytes=b"tea;" * 500, filename="basket.txt")
        try:
            raise ValueError("no price")
        except ValueError:
            sentry_sdk.capture_exception()
    sentry_sdk.capture_message("hello")


def transaction(dsn: str) -> None:
    start(dsn, traces_sample_rate=1.0, profiles_sample_rate=1.0)
    with sentry_sdk.start_transaction(name="/orders/{id}", op="http.server") as entry:
        entry.set_measurement("basket.items", 3, "none")
        entry.set_data("http.request.method", "POST")
        entry.set_data("authorization", f"Bearer {SECRET}")
        with sentry_sdk.start_span(op="db", name="SELECT * FROM orders WHERE id = 123456") as query:
            query.set_data("db.system", "postgresql")
            work(0.05)
        with sentry_sdk.start_span(op="http.client", name="GET https://pay.example.com/") as call:
            call.set_data("http.response.status_code", 503)
            call.set_status("unavailable")
            work(0.15)


def stream(dsn: str) -> None:
    start(dsn, traces_sample_rate=1.0, _experiments={"trace_lifecycle": "stream"})
    server: dict[str, Any] = {"sentry.op": "http.server"}
    query: dict[str, Any] = {"sentry.op": "db", "db.system": "postgresql", "api_key": SECRET}
    with (
        sentry_sdk.traces.start_span("/orders/{id}", attributes=server),
        sentry_sdk.traces.start_span("SELECT 1", attributes=query),
    ):
        work(0.01)


def logs(dsn: str) -> None:
    start(dsn, enable_logs=True, traces_sample_rate=1.0)
    sentry_sdk.logger.warning("stock of {item} is low", item="tea", attributes={"left": 3})
    sentry_sdk.logger.error("login with password={password} failed", password=SECRET)
    logging.getLogger("shop.payments").error("payment %s refused", "p-7")


def metrics(dsn: str) -> None:
    start(dsn, traces_sample_rate=1.0)
    sentry_sdk.metrics.count("orders", 2, attributes={"plan": "pro"})
    sentry_sdk.metrics.count("orders", 3, attributes={"plan": "pro"})
    sentry_sdk.metrics.gauge("queue.depth", 7)
    for value in (80.0, 120.0, 900.0):
        sentry_sdk.metrics.distribution("checkout.time", value, unit="millisecond")


def check_in(dsn: str) -> None:
    start(dsn)
    config: Any = {
        "schedule": {"type": "crontab", "value": "*/5 * * * *"},
        "checkin_margin": 2,
        "max_runtime": 10,
        "timezone": "UTC",
    }
    with monitor(monitor_slug="nightly", monitor_config=config):
        work(0.01)


def session(dsn: str) -> None:
    start(dsn)
    sentry_sdk.get_isolation_scope().start_session(session_mode="application")
    try:
        raise KeyError("sku")
    except KeyError:
        sentry_sdk.capture_exception()
    sentry_sdk.get_isolation_scope().end_session()


def profile(dsn: str) -> None:
    start(
        dsn,
        traces_sample_rate=1.0,
        profile_session_sample_rate=1.0,
        profile_lifecycle="manual",
    )
    sentry_sdk.profiler.start_profiler()
    with sentry_sdk.start_transaction(name="report", op="task"):
        work(0.3)
    sentry_sdk.profiler.stop_profiler()
    time.sleep(0.2)  # the profiler's own thread hands its last chunk over


def flask(dsn: str) -> None:
    import flask as web

    start(dsn, traces_sample_rate=1.0)
    app = web.Flask("shop")

    @app.post("/orders/<int:order_id>")
    def order(order_id: int) -> str:
        raise RuntimeError(f"order {order_id} failed")

    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"sid={SECRET}"}
    app.test_client().post("/orders/7?token=" + SECRET, headers=headers, json={"password": SECRET})


def fastapi(dsn: str) -> None:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    start(dsn, traces_sample_rate=1.0)
    app = FastAPI()

    @app.get("/users/{user_id}")
    async def show(user_id: int) -> None:
        raise LookupError(f"user {user_id} is gone")

    client = TestClient(app, raise_server_exceptions=False)
    client.get("/users/7", headers={"Authorization": f"Bearer {SECRET}"})


def django(dsn: str) -> None:
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    def pay(_request: HttpRequest, order_id: int) -> HttpResponse:
        raise PermissionError(f"order {order_id} is not yours")

    settings.configure(
        ALLOWED_HOSTS=["*"], ROOT_URLCONF=type("Urls", (), {"urlpatterns": [
            path("pay/<int:order_id>/", pay)]}), SECRET_KEY=SECRET
    )  # fmt: skip
    start(dsn, traces_sample_rate=1.0)
    import django as framework
    from werkzeug.test import Client

    framework.setup()
    Client(WSGIHandler()).get("/pay/7/", headers={"Cookie": f"sid={SECRET}"})


def celery(dsn: str) -> None:
    from celery import Celery  # type: ignore[import-untyped]

    start(dsn, traces_sample_rate=1.0, integrations=[CeleryIntegration()])
    app = Celery("shop", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True

    @app.task(name="shop.send_invoice")  # type: ignore[untyped-decorator]
    def send_invoice(order_id: int) -> None:
        raise TimeoutError(f"invoice {order_id}")

    send_invoice.apply((7,))


SCENARIOS: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (
        error, transaction, stream, logs, metrics, check_in, session, profile,
        flask, fastapi, django, celery,
    )
}  # fmt: skip


def main(dsn: str, name: str) -> None:
    SCENARIOS[name](dsn)
    sentry_sdk.get_client().close(timeout=10)


if __name__ == "__main__":
    main(*sys.argv[1:])
