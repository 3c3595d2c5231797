"""Events captured from Sentry's SDKs of other languages read as their developers expect."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.world import call
from watchkeeper.issues.event import facts_of, read_event
from watchkeeper.issues.frames import stacks_of

GOLDEN = Path(__file__).parents[2] / "golden" / "wire" / "languages"
CAPTURED_MS = 1_795_306_000_000
"""About when they were captured."""
STOCK = "StockError: out of stock: tea"
CASES = {
    "go": ("*fmt.wrapError: reserve tea-7: out of stock: tea-7", "main in checkout", ["checkout"]),
    "go-panic": (
        "runtime.plainError: assignment to entry in nil map",
        "main in boom",
        ["boom"],
    ),
    "go-raven": (
        "*errors.errorString: out of stock",
        "main in main",
        ["main"],
    ),
    "ruby": (f"{STOCK}-7", "gem.rb in rescue in reserve", []),
    "ruby-raven": (STOCK, "raven.rb in reserve", []),
    "php": (f"{STOCK}-7", "/sentry.php in Cart::reserve", ["Cart::reserve", "<anonymous>"]),
    "java": (
        "Shop$StockException: out of stock: uncaught",
        "com.acme.shop.Shop in reserve",
        ["reserve", "main (lambda)"],
    ),
    "elixir": ("ArgumentError: out of stock: tea-8", "Shop.Cart in find/1", ["find/1"]),
    "native": (f"{STOCK}-7", "nat+0x2560", ["+0x2560", "+0x2281"]),
    "native-crash": (
        "SIGSEGV: Segfault",
        "nat+0x2355",
        ["+0x2355", "+0x238b", "+0x237c", "+0x237c", "+0x237c", "+0x24e0", "+0x2281"],
    ),
}
"""Title, place, and own functions of the outermost exception, the innermost first."""


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path)
    edge.world.clock.now_ms = CAPTURED_MS
    yield edge
    edge.world.spool.close()


async def event_of(edge: Edge, name: str) -> dict[str, Any]:
    """The event of a capture as it is kept."""
    sent = json.loads((GOLDEN / f"{name}.json").read_text())
    answer = await call(
        edge.app,
        sent["method"],
        sent["path"],
        base64.b64decode(sent["body"]),
        query=sent["query"],
        headers=sent["headers"],
    )
    assert answer.status == 200, answer.body
    (event,) = edge.world.events()
    return event


def test_every_capture_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == CASES.keys()


@pytest.mark.parametrize("name", sorted(CASES))
async def test_an_event_says_what_failed_and_where(name: str, edge: Edge) -> None:
    event = await event_of(edge, name)

    facts = facts_of(read_event(json.dumps(event).encode()), received_ms=CAPTURED_MS)
    outermost = next(one for one in stacks_of(event).exceptions if one.parent_id is None)
    own = [frame.function for frame in outermost.frames if frame.is_in_app]
    assert (facts.title, facts.culprit, own) == CASES[name]
    assert b"ada@example.com" not in edge.world.spool_bytes()
    assert edge.world.dropped("malformed") == 0
