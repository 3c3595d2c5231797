"""sentry-sdk with a transport that keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import watchkeeper_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport


class Kept(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[tuple[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            self.items.append((item.type or "", item.payload.json))

    def of(self, kind: str) -> list[Any]:
        """Payloads of one item type."""
        return [payload for name, payload in self.items if name == kind]

    def error_types(self) -> list[str]:
        """The type of each reported error."""
        return [one["exception"]["values"][-1]["type"] for one in self.of("event")]


@pytest.fixture
def kept() -> Iterator[Kept]:
    transport = Kept()
    dsn = "https://key@watch.example.com/4"
    assert watchkeeper_sdk.init(dsn, transport=transport, release="shop@1")
    yield transport
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """Scopes of the test's own: a span that another test left open is not current here."""
    with sentry_sdk.isolation_scope(), sentry_sdk.new_scope() as scope:
        scope.span = None
        yield
