"""Watched by any sentry-sdk from 0.20 on: `python sentry_python.py DSN SCENARIO`.

A scenario that a version has no API for says `absent` and sends nothing.
"""

import asyncio
import logging
import sys
import threading
import time
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration

sdk: Any = sentry_sdk
VERSION = tuple(int(part) for part in sdk.VERSION.split(".")[:2])


class OrderLost(ValueError):
    """An exception of the product itself."""


def start(dsn: str, **options: Any) -> None:
    options.setdefault("integrations", [LoggingIntegration()])
    sdk.init(
        dsn,
        release="shop@1.2.3",
        environment="production",
        server_name="web-1",
        dist="7",
        send_default_pii=True,
        **options,
    )
    sdk.set_user({"id": "42", "username": "mara", "segment": "beta"})
    sdk.set_tag("feature", "checkout")
    sdk.set_context("basket", {"items": 3, "nested": {"deep": [1, {"deeper": True}]}})
    if hasattr(sdk, "set_extra"):
        sdk.set_extra("order", {"id": "A-7", "lines": [1, 2]})


def work(seconds: float) -> int:
    until, total = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        total += sum(range(500))
    return total


def charge(amount: float) -> None:
    raise OrderLost("no price for “tea” ☕")


def errors(dsn: str) -> None:
    start(dsn, attach_stacktrace=True)
    sdk.add_breadcrumb(category="cart", message="added tea", level="info", data={"sku": "t-1"})
    try:
        try:
            charge(3.5)
        except OrderLost as error:
            raise RuntimeError("checkout failed") from error
    except RuntimeError:
        sdk.capture_exception()
    sdk.capture_message("shop opened", level="warning")
    sdk.capture_event(
        {"message": "by hand", "level": "info", "fingerprint": ["{{ default }}", "x"]}
    )
    logging.getLogger("shop.pay").error("payment %s refused", "p-7", extra={"gateway": "acme"})
    try:
        charge(1.5)
    except OrderLost:
        logging.getLogger("shop.pay").exception("payment of %d failed", 3)
    if VERSION >= (1, 17):
        try:
            raise ExceptionGroup("several", [ValueError("a"), KeyError("b")])
        except ExceptionGroup:
            sdk.capture_exception()


def attachments(dsn: str) -> None:
    start(dsn)
    with sdk.push_scope() if VERSION < (2, 0) else sdk.new_scope() as scope:
        scope.add_attachment(bytes=b"tea;\r\n" * 50 + b"\x00\xff\n", filename="basket.bin")
        scope.add_attachment(bytes=b"{}\n", filename="a b.json", content_type="application/json")
        sdk.capture_message("with files")


def threads(dsn: str) -> None:
    from sentry_sdk.integrations.threading import ThreadingIntegration

    start(dsn, integrations=[ThreadingIntegration(propagate_hub=True)] if VERSION < (2, 0) else [])
    thread = threading.Thread(target=charge, args=(2,), name="biller")
    thread.start()
    thread.join()


def coroutines(dsn: str) -> None:
    try:
        from sentry_sdk.integrations.asyncio import AsyncioIntegration
    except ImportError:
        print("absent")
        return

    async def bill() -> None:
        charge(4)

    async def main() -> None:
        start(dsn, integrations=[AsyncioIntegration()], traces_sample_rate=1.0)
        await asyncio.gather(asyncio.create_task(bill(), name="bill"), return_exceptions=True)

    asyncio.run(main())


def transaction(dsn: str) -> None:
    start(dsn, traces_sample_rate=1.0)
    described = "description" if VERSION < (2, 20) else "name"
    with sdk.start_transaction(name="/orders/{id}", op="http.server") as entry:
        if hasattr(entry, "set_measurement"):
            entry.set_measurement("basket.items", 3, "none")
        entry.set_data("cart", "big")
        entry.set_tag("plan", "pro")
        with sdk.start_span(op="db", **{described: "SELECT * FROM orders WHERE id = 7"}) as query:
            query.set_data("db.system", "postgresql")
        with sdk.start_span(
            op="http.client", **{described: "GET https://pay.example.com/"}
        ) as call:
            call.set_tag("kind", "pay")
            call.set_http_status(503)
        try:
            charge(3)
        except OrderLost:
            sdk.capture_exception()


def profile(dsn: str) -> None:
    if VERSION < (1, 18):
        experiments = {"_experiments": {"enable_profiling": True, "profiles_sample_rate": 1.0}}
        start(dsn, traces_sample_rate=1.0, **experiments)
    else:
        start(dsn, traces_sample_rate=1.0, profiles_sample_rate=1.0)
    with sdk.start_transaction(name="report", op="task"):
        work(0.3)


def continuous(dsn: str) -> None:
    if VERSION < (2, 20):
        print("absent")
        return
    if VERSION < (2, 24):
        start(dsn, traces_sample_rate=1.0, _experiments={"continuous_profiling_auto_start": True})
    else:
        start(
            dsn,
            traces_sample_rate=1.0,
            profile_session_sample_rate=1.0,
            profile_lifecycle="manual",
        )
        sdk.profiler.start_profiler()
    with sdk.start_transaction(name="report", op="task"):
        work(0.3)
    sdk.profiler.stop_profiler()
    time.sleep(0.2)


def _start_old_session() -> None:
    mode: Any = {} if VERSION < (1, 0) else {"session_mode": "application"}
    sdk.Hub.current.start_session(**mode)


def session(dsn: str) -> None:
    start(dsn)
    if VERSION < (2, 0):
        _start_old_session()
    else:
        sdk.Scope.get_isolation_scope().start_session(session_mode="application")
    try:
        charge(2)
    except OrderLost:
        sdk.capture_exception()
    if VERSION < (2, 0):
        sdk.Hub.current.end_session()
    else:
        sdk.Scope.get_isolation_scope().end_session()


def crons(dsn: str) -> None:
    try:
        from sentry_sdk.crons import capture_checkin, monitor
    except ImportError:
        print("absent")
        return
    start(dsn)
    config: Any = {"schedule": {"type": "crontab", "value": "*/5 * * * *"}, "timezone": "UTC"}
    if VERSION < (1, 45):
        with monitor(monitor_slug="nightly"):
            work(0.01)
        return
    with monitor(monitor_slug="nightly", monitor_config=config):
        work(0.01)
    capture_checkin(monitor_slug="hourly", status="error", duration=3.2)


def logs(dsn: str) -> None:
    if VERSION < (2, 24):
        print("absent")
        return
    if VERSION < (2, 35):
        start(dsn, _experiments={"enable_logs": True})
        logger: Any = (
            sdk._experimental_logger if hasattr(sdk, "_experimental_logger") else sdk.logger
        )
    else:
        start(dsn, enable_logs=True, traces_sample_rate=1.0)
        logger = sdk.logger
    logger.trace("fine")
    logger.warning("stock of {item} is low", item="tea", attributes={"left": 3, "ok": True})
    logger.fatal("broke at {place}", place="till")
    logging.getLogger("shop.payments").error("payment %s refused", "p-7")


def metrics(dsn: str) -> None:
    if VERSION < (1, 40):
        print("absent")
        return
    try:
        from sentry_sdk import metrics as measured
    except ImportError:
        print("absent")
        return
    found: Any = measured
    if hasattr(found, "incr"):
        start(dsn, _experiments={"enable_metrics": True})
        found.incr("orders", 2, tags={"plan": "pro"})
        found.distribution("checkout.time", 120.0, unit="millisecond")
        return
    options: Any = {} if VERSION >= (2, 45) else {"_experiments": {"enable_metrics": True}}
    start(dsn, **options)
    found.count("orders", 2, attributes={"plan": "pro"})
    found.gauge("queue.depth", 7)
    found.distribution("checkout.time", 120.0, unit="millisecond")


def stream(dsn: str) -> None:
    if VERSION < (2, 60) or not hasattr(sdk, "traces"):
        print("absent")
        return
    start(dsn, traces_sample_rate=1.0, _experiments={"trace_lifecycle": "stream"})
    start_span = sdk.traces.start_span
    server, query = {"sentry.op": "http.server"}, {"sentry.op": "db"}
    with (
        start_span("/orders/{id}", attributes=server),
        start_span("SELECT 1", attributes=query),
    ):
        work(0.01)


def discarded(dsn: str) -> None:
    if VERSION < (1, 5):
        print("absent")
        return
    start(dsn, before_send=lambda event, hint: None)
    sdk.capture_message("nobody sees this")


def flask(dsn: str) -> None:
    import flask as web
    from sentry_sdk.integrations.flask import FlaskIntegration

    start(dsn, traces_sample_rate=1.0, integrations=[FlaskIntegration()])
    app = web.Flask("shop")

    @app.route("/orders/<int:order_id>", methods=["POST"])
    def order(order_id: int) -> str:
        raise OrderLost(f"order {order_id} failed")

    @app.route("/fine")
    def fine() -> str:
        return "ok"

    client = app.test_client()
    client.post("/orders/7?page=2", json={"note": "fast", "items": [1, 2]})
    client.get("/fine")
    client.get("/missing")


def fastapi(dsn: str) -> None:
    from fastapi import FastAPI, HTTPException
    from fastapi.testclient import TestClient

    if VERSION < (1, 14):
        from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

        start(dsn, traces_sample_rate=1.0)
    else:
        start(dsn, traces_sample_rate=1.0)
    app: Any = FastAPI()

    @app.get("/users/{user_id}")
    async def show(user_id: int) -> None:
        raise LookupError(f"user {user_id} is gone")

    @app.get("/refused")
    def refused() -> None:
        raise HTTPException(403)

    wrapped = SentryAsgiMiddleware(app) if VERSION < (1, 14) else app
    client = TestClient(wrapped, raise_server_exceptions=False)
    client.get("/users/7?full=1")
    client.get("/refused")


def django(dsn: str) -> None:
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import path
    from sentry_sdk.integrations.django import DjangoIntegration

    def pay(_request: Any, order_id: int) -> None:
        raise PermissionError(f"order {order_id} is not yours")

    urls = type("Urls", (), {"urlpatterns": [path("pay/<int:order_id>/", pay)]})
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=urls, SECRET_KEY="s")
    start(dsn, traces_sample_rate=1.0, integrations=[DjangoIntegration()])
    import django as framework
    from werkzeug.test import Client

    framework.setup()
    Client(WSGIHandler()).get("/pay/7/")


def celery(dsn: str) -> None:
    from celery import Celery
    from sentry_sdk.integrations.celery import CeleryIntegration

    start(dsn, traces_sample_rate=1.0, integrations=[CeleryIntegration()])
    app: Any = Celery("shop", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True

    @app.task(name="shop.send_invoice")
    def send_invoice(order_id: int) -> None:
        raise TimeoutError(f"invoice {order_id}")

    send_invoice.apply((7,))


SCENARIOS = {
    each.__name__: each
    for each in (
        errors, attachments, threads, coroutines, transaction, profile, continuous, session, crons,
        logs, metrics, stream, discarded, flask, fastapi, django, celery,
    )
}  # fmt: skip


def main(dsn: str, names: str) -> None:
    for name in names.split(","):
        SCENARIOS[name](dsn)
        client = sdk.Hub.current.client if VERSION < (2, 0) else sdk.get_client()
        if client is not None and client.dsn:
            client.close(timeout=10)


if __name__ == "__main__":
    main(*sys.argv[1:])
