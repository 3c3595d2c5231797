"""The same small app in each framework, called as a client calls it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper_sdk import NotFoundError, RateLimitError, ValidationError, current_request

PEER = "198.51.100.7"


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]


Call = Callable[..., Reply]
"""(path, headers=…) → Reply"""


class CardDeclined(ValidationError):
    status, code = 402, "card_declined"


def work(what: str) -> dict[str, str]:
    """What the app does with `/do/<what>`."""
    request = current_request()
    assert request is not None
    request.user_id = "7"
    match what:
        case "well":
            return {"request_id": request.request_id, "ip": request.ip}
        case "declined":
            raise CardDeclined("The card was declined.", details={"field": "card"})
        case "gone":
            raise NotFoundError
        case "busy":
            raise RateLimitError("Slow down.", retry_after_s=30)
        case _:
            raise RuntimeError(f"password=hunter2 {what}")


def starlette_app(*, is_production: bool, trusts_proxy: bool) -> Call:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from watchkeeper_sdk.integrations.starlette import install

    async def do(request: Request) -> JSONResponse:
        return JSONResponse(work(request.path_params["what"]))

    app = Starlette(routes=[Route("/do/{what}", do)])
    install(app, is_production=is_production, trusts_proxy=trusts_proxy)
    return _asgi(app)


def fastapi_app(*, is_production: bool, trusts_proxy: bool) -> Call:
    from fastapi import FastAPI
    from watchkeeper_sdk.integrations.starlette import install

    app = FastAPI()

    @app.get("/do/{what}")
    def do(what: str, count: int = 1) -> dict[str, str]:
        return work(what) | {"count": str(count)}

    install(app, is_production=is_production, trusts_proxy=trusts_proxy)
    return _asgi(app)


def flask_app(*, is_production: bool, trusts_proxy: bool) -> Call:
    from flask import Flask
    from watchkeeper_sdk.integrations.flask import install

    app = Flask("shop")
    install(app, is_production=is_production, trusts_proxy=trusts_proxy)
    app.add_url_rule("/do/<what>", view_func=work, endpoint="do")
    client = app.test_client()

    def call(path: str, headers: Mapping[str, str] | None = None) -> Reply:
        answer = client.get(path, headers=headers, environ_base={"REMOTE_ADDR": PEER})
        return Reply(answer.status_code, answer.get_json(), dict(answer.headers))

    return call


def django_app(*, is_production: bool, trusts_proxy: bool) -> Call:
    import django
    from django.conf import settings
    from django.test import Client, override_settings

    if not settings.configured:
        settings.configure(
            ROOT_URLCONF="tests.sdk.django_urls",
            ALLOWED_HOSTS=["*"],
            SECRET_KEY="not a secret",
            MIDDLEWARE=["watchkeeper_sdk.integrations.django.RequestMiddleware"],
            LOGGING_CONFIG=None,
        )
        django.setup()

    def call(path: str, headers: Mapping[str, str] | None = None) -> Reply:
        with override_settings(
            WATCHKEEPER_PRODUCTION=is_production, WATCHKEEPER_TRUSTS_PROXY=trusts_proxy
        ):
            client = Client(REMOTE_ADDR=PEER, raise_request_exception=False)
            answer = client.get(path, headers=dict(headers or {}))
        is_json = answer["Content-Type"] == "application/json"
        body = json.loads(answer.content) if is_json else answer.content
        return Reply(answer.status_code, body, answer.headers)

    return call


def _asgi(app: Any) -> Call:
    import asyncio

    import httpx

    async def ask(path: str, headers: Mapping[str, str] | None) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(PEER, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get(path, headers=dict(headers or {}))

    def call(path: str, headers: Mapping[str, str] | None = None) -> Reply:
        answer = asyncio.run(ask(path, headers))
        return Reply(answer.status_code, answer.json(), answer.headers)

    return call
