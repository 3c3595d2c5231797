"""Where work comes in: two callers, in each framework."""

import asyncio
import sys

import sentry_sdk
from shop.faults import FAULTS


def label(name, caller, n):
    scope = getattr(sentry_sdk, "get_isolation_scope", None)
    target = scope() if scope else sentry_sdk.Hub.current.scope
    target.set_tag("fault", name)
    target.set_tag("caller", caller)
    target.set_tag("n", str(n))


def checkout(name, n):
    work, *given = FAULTS[name](n)
    return str(work(*given))


def nightly(name, n):
    work, *given = FAULTS[name](n)
    return str(work(*given))


CALLERS = {"a": checkout, "b": nightly}


def plain(calls):
    for name, caller, n in calls:
        label(name, caller, n)
        try:
            CALLERS[caller](name, n)
        except Exception:
            sentry_sdk.capture_exception()


def flask(calls):
    from flask import Flask

    app = Flask("shop")

    @app.route("/checkout/<name>/<int:n>")
    def checkout_view(name, n):
        label(name, "a", n)
        return checkout(name, n)

    @app.route("/nightly/<name>/<int:n>")
    def nightly_view(name, n):
        label(name, "b", n)
        return nightly(name, n)

    client = app.test_client()
    for name, caller, n in calls:
        client.get(f"/{'checkout' if caller == 'a' else 'nightly'}/{name}/{n}")


def fastapi(calls):
    import httpx
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/checkout/{name}/{n}")
    def checkout_view(name: str, n: int) -> str:
        label(name, "a", n)
        return checkout(name, n)

    @app.get("/nightly/{name}/{n}")
    def nightly_view(name: str, n: int) -> str:
        label(name, "b", n)
        return nightly(name, n)

    async def ask():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            for name, caller, n in calls:
                await client.get(f"/{'checkout' if caller == 'a' else 'nightly'}/{name}/{n}")

    asyncio.run(ask())


def django(calls):
    import django
    from django.conf import settings
    from django.test import Client
    from django.urls import path

    def checkout_view(request, name, n):
        label(name, "a", n)
        return checkout(name, n)

    def nightly_view(request, name, n):
        label(name, "b", n)
        return nightly(name, n)

    urls = type(sys)("shop_urls")
    urls.urlpatterns = [
        path("checkout/<str:name>/<int:n>", checkout_view),
        path("nightly/<str:name>/<int:n>", nightly_view),
    ]
    sys.modules["shop_urls"] = urls
    settings.configure(
        ROOT_URLCONF="shop_urls", ALLOWED_HOSTS=["*"], SECRET_KEY="x", LOGGING_CONFIG=None
    )
    django.setup()
    client = Client(raise_request_exception=False)
    for name, caller, n in calls:
        client.get(f"/{'checkout' if caller == 'a' else 'nightly'}/{name}/{n}")


def celery(calls):
    from celery import Celery

    app = Celery("shop", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True

    @app.task(name="shop.checkout")
    def checkout_task(name, n):
        label(name, "a", n)
        return checkout(name, n)

    @app.task(name="shop.nightly")
    def nightly_task(name, n):
        label(name, "b", n)
        return nightly(name, n)

    for name, caller, n in calls:
        (checkout_task if caller == "a" else nightly_task).apply(args=(name, n))


ENTRIES = {
    "plain": plain, "flask": flask, "fastapi": fastapi, "django": django, "celery": celery,
}  # fmt: skip


def main():
    framework, dsn, release, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    sentry_sdk.init(dsn, release=release, environment="production", max_breadcrumbs=0)
    calls = [
        (name, caller, seed + place) for place, name in enumerate(FAULTS) for caller in ("a", "b")
    ]
    ENTRIES[framework](calls)
    sentry_sdk.flush(20)


if __name__ == "__main__":
    main()
