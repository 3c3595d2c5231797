"""Watched by raven 6, the SDK before sentry-sdk: `python raven_python.py DSN`."""

import logging
import sys
from typing import Any

import raven


def charge() -> None:
    raise ValueError("no price for “tea” ☕")


def main(dsn: str) -> None:
    client: Any = raven.Client(
        dsn + "?verify_ssl=0",
        release="1.2.3",
        environment="production",
        name="web-1",
        site="shop",
        transport=None,
    )
    client.user_context({"id": "42", "username": "mara"})
    client.tags_context({"feature": "checkout"})
    client.extra_context({"order": {"id": "A-7"}})
    client.captureBreadcrumb(category="cart", message="added tea", level="info")
    try:
        charge()
    except ValueError:
        client.captureException()
    client.captureMessage("stock of %s is %d", params=("tea", 3), level=logging.WARNING, stack=True)
    client.captureMessage("plain", level="info", fingerprint=["{{ default }}", "x"])
    client.capture(
        "raven.events.Query",
        query="SELECT 1",
        engine="postgresql",
        tags={"a": 1},
        data={"culprit": "here"},
    )
    client.http_context({
        "url": "http://shop.example.com/pay", "method": "POST", "query_string": "a=1",
        "headers": {"User-Agent": "x"}, "data": {"q": 1}, "env": {"REMOTE_ADDR": "10.0.0.1"},
    })  # fmt: skip
    client.captureMessage("with a request")
    client.context.clear()


if __name__ == "__main__":
    main(*sys.argv[1:])
