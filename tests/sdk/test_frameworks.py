"""What every framework's middleware promises, held against each."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import sentry_sdk

from tests.sdk import apps
from tests.sdk.apps import PEER, Call
from tests.sdk.conftest import Kept

FRAMEWORKS = {
    "starlette": apps.starlette_app,
    "fastapi": apps.fastapi_app,
    "flask": apps.flask_app,
    "django": apps.django_app,
}
Make = Callable[..., Call]


@pytest.fixture(params=FRAMEWORKS, ids=str)
def make(request: pytest.FixtureRequest) -> Make:
    return FRAMEWORKS[request.param]


@pytest.fixture
def call(make: Make) -> Call:
    return make(is_production=True, trusts_proxy=False)


def test_an_answer_carries_the_id_that_the_app_saw(call: Call) -> None:
    reply = call("/do/well")

    assert reply.status == 200
    assert reply.headers["X-Request-ID"] == reply.body["request_id"]
    assert len(reply.body["request_id"]) == 32


def test_a_sent_id_is_kept_if_it_is_a_plain_one(call: Call) -> None:
    assert call("/do/well", {"X-Request-ID": "abc-1.2"}).headers["X-Request-ID"] == "abc-1.2"
    for bad in ("x" * 129, "a b", "<script>"):
        assert call("/do/well", {"X-Request-ID": bad}).headers["X-Request-ID"] != bad


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(make: Make) -> None:
    sent = {"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}

    assert make(is_production=True, trusts_proxy=False)("/do/well", sent).body["ip"] == PEER
    trusting = make(is_production=True, trusts_proxy=True)
    assert trusting("/do/well", sent).body["ip"] == "203.0.113.9"


def test_an_error_of_the_app_has_its_own_status_code_and_details(call: Call) -> None:
    reply = call("/do/declined", {"X-Request-ID": "r1"})

    assert reply.status == 402
    assert reply.body == {
        "error": "The card was declined.",
        "code": "card_declined",
        "request_id": "r1",
        "details": {"field": "card"},
    }
    assert reply.headers["X-Request-ID"] == "r1"


def test_a_class_without_a_message_has_one(call: Call) -> None:
    assert call("/do/gone").body["error"] == "Not found"


def test_too_much_at_once_says_when_to_come_back(call: Call) -> None:
    reply = call("/do/busy")

    assert (reply.status, reply.headers["Retry-After"]) == (429, "30")


def test_production_hides_what_went_wrong(call: Call) -> None:
    reply = call("/do/wrong", {"X-Request-ID": "r2"})

    assert reply.status == 500
    assert reply.body == {
        "error": "Internal server error",
        "code": "internal_error",
        "request_id": "r2",
    }


def test_elsewhere_it_is_told(make: Make) -> None:
    reply = make(is_production=False, trusts_proxy=False)("/do/wrong")

    assert (reply.status, reply.body["error"]) == (500, "RuntimeError: password=hunter2 wrong")


def test_a_path_that_no_route_has_is_answered_in_the_same_form(make: Make) -> None:
    reply = make(is_production=True, trusts_proxy=False)("/nowhere")

    assert reply.status == 404
    if make is not apps.django_app:  # Django answers it before any view could raise
        assert reply.body["code"] == "http_404"
    assert reply.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("what", "level"),
    [("well", logging.INFO), ("declined", logging.WARNING), ("wrong", logging.ERROR)],
)
def test_each_request_is_one_line_of_the_right_level(
    call: Call, caplog: pytest.LogCaptureFixture, what: str, level: int
) -> None:
    with caplog.at_level(logging.INFO):
        call(f"/do/{what}")

    lines = [one for one in caplog.records if one.name == "watchkeeper_sdk.requests"]
    assert [one.levelno for one in lines] == [level]
    assert "{what}" in lines[0].route or "<" in lines[0].route  # type: ignore[attr-defined]
    assert lines[0].duration_ms >= 0  # type: ignore[attr-defined]


def test_only_what_is_the_apps_fault_is_reported(call: Call, kept: Kept) -> None:
    for what in ("well", "declined", "gone", "wrong"):
        call(f"/do/{what}")
    sentry_sdk.flush()

    assert kept.error_types() == ["RuntimeError"]


def test_a_wrong_parameter_is_a_validation_error() -> None:
    reply = apps.fastapi_app(is_production=True, trusts_proxy=False)("/do/well?count=x")

    assert (reply.status, reply.body["code"]) == (422, "validation_error")
    assert reply.body["details"]["fields"][0]["field"] == "query.count"
