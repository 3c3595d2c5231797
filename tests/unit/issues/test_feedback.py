"""What people write is listed, found, and joined with the errors that it is about."""

from __future__ import annotations

import pytest

from tests.fakes.house import SCOPE, House
from tests.unit.issues.events import OTHER_PROJECT, digested, error, span
from watchkeeper.ingest.envelope_rows import FeedbackRow, encode_envelope_rows
from watchkeeper.issues import FeedbackFilter, FeedbackPage, FeedbackReads
from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Kind


def written(house: House, number: int, message: str, **fields: str) -> None:
    told = {
        "event_id": "", "replay_id": "", "trace_id": "", "name": "", "email": "", "url": "",
        "source": "widget", "user_key": "", "environment": "prod", "release": "1.0",
    } | fields  # fmt: skip
    row = FeedbackRow(
        ts=house.clock(), feedback_id=f"{number:032x}", message=message, payload=b"{}", **told
    )
    house.receive([encode_envelope_rows([row])], Kind.FEEDBACK)
    house.digest().run_once()
    house.clock.forward(SECOND_MS)


def page(house: House, **fields: object) -> FeedbackPage:
    reads = FeedbackReads(house.meta, house.columns)
    ways = {name: fields.pop(name) for name in ("issue", "cursor", "limit") if name in fields}
    chosen = FeedbackFilter(range=span(house), **fields)  # type: ignore[arg-type]
    return reads.page(SCOPE, chosen, **ways)  # type: ignore[arg-type]


def messages(found: FeedbackPage) -> list[str]:
    return [one.message for one in found.feedback]


def test_it_leads_to_the_issue_of_its_event(house: House) -> None:
    digested(house, error(house, 1, "CartError"), error(house, 2, "Other"))
    written(house, 10, "cart is empty", event_id=f"{1:032x}", name="Ada", email="ada@shop.io")
    written(house, 11, "just slow")
    written(house, 12, "an error of last year", event_id=f"{99:032x}")

    found = page(house)

    assert [(one.message, one.short_id) for one in found.feedback] == [
        ("an error of last year", ""),
        ("just slow", ""),
        ("cart is empty", "WEB-1"),
    ]
    assert (found.feedback[2].name, found.feedback[2].email) == ("Ada", "ada@shop.io")
    assert "CartError" in found.feedback[2].title
    assert messages(page(house, issue="WEB-1")) == ["cart is empty"]
    assert page(house, issue="WEB-2").total == 0
    assert messages(page(house, event_id=f"{99:032x}")) == ["an error of last year"]
    with pytest.raises(NotFound):
        page(house, issue="WEB-7")


def test_it_is_found_by_text_environment_and_release(house: House) -> None:
    written(house, 1, "The Button is gone", environment="dev")
    written(house, 2, "works", name="Bo Button", release="2.0")
    written(house, 3, "fine", url="https://shop.io/cart")

    assert messages(page(house, text="button")) == ["works", "The Button is gone"]
    assert messages(page(house, text="/CART")) == ["fine"]
    assert messages(page(house, environment="dev")) == ["The Button is gone"]
    assert messages(page(house, release="2.0")) == ["works"]
    assert FeedbackReads(house.meta, house.columns).page(
        OTHER_PROJECT, FeedbackFilter(range=span(house))
    ) == FeedbackPage(feedback=[], next_cursor=None, total=0)


def test_pages_follow_one_another(house: House) -> None:
    for number in range(1, 6):
        written(house, number, f"no {number}")

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        found = page(house, cursor=cursor, limit=2)
        seen += messages(found)
        cursor = found.next_cursor
        assert found.total == 5

    assert seen == [f"no {number}" for number in (5, 4, 3, 2, 1)]
    with pytest.raises(Invalid, match="limit"):
        page(house, limit=0)
