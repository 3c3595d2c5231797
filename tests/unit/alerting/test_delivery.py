"""Somebody is told: once for each change, again until it works, and it is on record."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256

import pytest

from tests.fakes.http_peer import HttpPeer, Reply
from tests.unit.alerting.conftest import OTHER, SCOPE, Bench
from tests.unit.alerting.test_evaluator import start, tick
from watchkeeper.alerting import Alerts, Deliverer, Evaluator, new_line
from watchkeeper.alerting.channels import Outcome
from watchkeeper.alerting.channels.webhook import Webhook
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.lib.fingerprint import fingerprint
from watchkeeper.lib.outbound import Outbound, OutboundOptions
from watchkeeper.model import TimeRange


def hooked(bench: Bench, peer: HttpPeer, **options: object) -> int:
    facts = {"url": f"http://{peer.address}/hook", **options}
    return bench.channels().create(SCOPE, kind="webhook", name="ops", options=facts).id


def firing(bench: Bench) -> Evaluator:
    evaluator = start(bench)
    tick(bench, evaluator, up=0, times=3)
    return evaluator


async def test_firing_and_resolved_reach_the_webhook_in_alertmanagers_shape(
    bench: Bench, peer: HttpPeer
) -> None:
    hooked(bench, peer)
    evaluator = firing(bench)
    await bench.new_deliverer().run_due()
    tick(bench, evaluator, up=1)
    await bench.new_deliverer().run_due()

    first, second = (json.loads(request.body) for request in peer.requests)
    assert set(first) == {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
        "commonLabels", "commonAnnotations", "externalURL", "alerts",
    }  # fmt: skip
    assert (first["version"], first["status"], first["receiver"]) == ("4", "firing", "ops")
    (alert,) = first["alerts"]
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["generatorURL"] == "https://wk.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1"
    assert alert["labels"]["alertname"] == "Down"
    assert alert["fingerprint"] == fingerprint(alert["labels"].items())
    assert first["commonLabels"] == alert["labels"]
    assert (second["status"], second["groupKey"]) == ("resolved", first["groupKey"])
    (ended,) = second["alerts"]
    assert ended["startsAt"] == alert["startsAt"] < ended["endsAt"]


def test_the_fingerprint_is_alertmanagers() -> None:
    captured = {
        "alertname": "Warn",
        "cluster": "c1",
        "instance": "127.0.0.1:19182",
        "job": "self",
        "severity": "warning",
    }
    assert fingerprint(captured.items()) == "28a917993e68d64d"


async def test_the_body_is_signed_with_the_secret(bench: Bench, peer: HttpPeer) -> None:
    hooked(bench, peer, secret="s3cret")
    firing(bench)
    await bench.new_deliverer().run_due()

    (request,) = peer.requests
    at, _, signed = request.headers["x-watchkeeper-signature"].partition(",v1=")
    told = at.removeprefix("t=").encode() + b"." + request.body
    assert signed == hmac.new(b"s3cret", told, sha256).hexdigest()


async def test_nothing_is_sent_twice(bench: Bench, peer: HttpPeer) -> None:
    hooked(bench, peer)
    evaluator = firing(bench)
    for _ in range(3):
        await bench.new_deliverer().run_due()
        tick(bench, evaluator, up=0)

    assert len(peer.requests) == 1


async def test_two_deliverers_do_not_send_the_same(bench: Bench, peer: HttpPeer) -> None:
    hooked(bench, peer)
    firing(bench)
    one, other = bench.new_deliverer(), bench.new_deliverer()
    taken = one._claim_due(bench.clock()), other._claim_due(bench.clock())

    assert [len(rows) for rows in taken] == [1, 0]


async def test_a_delivery_whose_sender_died_is_taken_over(bench: Bench, peer: HttpPeer) -> None:
    hooked(bench, peer)
    firing(bench)
    bench.new_deliverer()._claim_due(bench.clock())
    bench.clock.forward(61_000)

    assert await bench.new_deliverer().run_due() == 1
    assert len(peer.requests) == 1


async def test_a_busy_webhook_is_tried_again_later_and_each_attempt_is_on_record(
    bench: Bench, peer: HttpPeer
) -> None:
    hooked(bench, peer)
    peer.says("busy", status=503)
    firing(bench)
    deliverer = bench.new_deliverer()
    assert await deliverer.run_due() == 1
    assert await deliverer.run_due() == 0

    peer.says("ok")
    bench.clock.forward(10_000)
    assert deliverer.next_due_ms() == bench.clock()
    await deliverer.run_due()

    (delivery,) = Alerts(bench.meta).deliveries(SCOPE)
    assert (delivery.state, delivery.tries) == ("sent", 2)
    assert [attempt["status"] for attempt in delivery.attempts] == [503, 200]
    assert "503" in str(delivery.attempts[0]["detail"])


@pytest.mark.parametrize("status", [400, 401, 404, 410])
async def test_a_refusal_is_not_tried_again(bench: Bench, peer: HttpPeer, status: int) -> None:
    hooked(bench, peer)
    peer.says("no", status=status)
    firing(bench)
    await bench.new_deliverer().run_due()

    (delivery,) = Alerts(bench.meta).deliveries(SCOPE)
    assert (delivery.state, delivery.tries) == ("failed", 1)


async def test_it_is_given_up_after_a_day(bench: Bench, peer: HttpPeer) -> None:
    hooked(bench, peer)
    peer.says("busy", status=500)
    firing(bench)
    deliverer = bench.new_deliverer()
    waits = []
    while (due_ms := deliverer.next_due_ms()) is not None:
        waits.append(due_ms - bench.clock())
        bench.clock.now_ms = due_ms
        await deliverer.run_due()

    (delivery,) = Alerts(bench.meta).deliveries(SCOPE)
    assert delivery.state == "failed"
    assert waits[1:5] == [10_000, 20_000, 40_000, 80_000]
    assert max(waits) == 30 * 60_000
    assert 23 * 3_600_000 < bench.clock() - delivery.created_ms <= 24 * 3_600_000


async def test_a_newer_state_replaces_what_still_waits(bench: Bench, peer: HttpPeer) -> None:
    hooked(bench, peer)
    peer.says("busy", status=503)
    evaluator = firing(bench)
    await bench.new_deliverer().run_due()
    tick(bench, evaluator, up=1)
    peer.says("ok")
    bench.clock.forward(60_000)
    await bench.new_deliverer().run_due()

    sent = [json.loads(request.body)["status"] for request in peer.requests]
    assert sent == ["firing", "resolved"]
    newest, older = Alerts(bench.meta).deliveries(SCOPE)
    assert (newest.state, older.state) == ("sent", "failed")
    assert older.last_error.startswith("Superseded")


async def test_a_channel_may_be_switched_off_and_may_not_want_resolved(
    bench: Bench, peer: HttpPeer
) -> None:
    channel_id = hooked(bench, peer, send_resolved=False)
    evaluator = firing(bench)
    tick(bench, evaluator, up=1)
    await bench.new_deliverer().run_due()
    assert [json.loads(request.body)["status"] for request in peer.requests] == ["firing"]

    bench.channels().change(SCOPE, channel_id, enabled=False)
    tick(bench, evaluator, up=0, times=4)
    assert await bench.new_deliverer().run_due() == 0


async def test_a_private_webhook_is_refused_unless_the_operator_allows_it(
    bench: Bench, peer: HttpPeer
) -> None:
    hooked(bench, peer)
    firing(bench)
    bench.outbound = Outbound(OutboundOptions())
    await bench.new_deliverer().run_due()

    (delivery,) = Alerts(bench.meta).deliveries(SCOPE)
    assert delivery.state == "failed"
    assert "outbound.allow" in delivery.last_error
    assert peer.requests == []


async def test_a_channel_can_be_tried_out(bench: Bench, peer: HttpPeer) -> None:
    channel_id = hooked(bench, peer)
    peer.answer = lambda request: Reply(200 if b"WatchkeeperTest" in request.body else 400)
    result = await bench.channels().test_channel(SCOPE, channel_id)
    assert (result.ok, result.status) == (True, 200)
    peer.says("no", status=404)
    assert not (await bench.channels().test_channel(SCOPE, channel_id)).ok
    assert Alerts(bench.meta).deliveries(SCOPE) == []


async def test_a_secret_is_never_shown_and_kept_when_it_is_sent_back_hidden(
    bench: Bench, peer: HttpPeer
) -> None:
    channels = bench.channels()
    channel_id = hooked(bench, peer, secret="s3cret")
    shown = channels.get(SCOPE, channel_id).options
    assert "s3cret" not in str(shown)

    channels.change(SCOPE, channel_id, options={**shown, "max_alerts": 5}, name="ops 2")
    firing(bench)
    await bench.new_deliverer().run_due()
    assert "x-watchkeeper-signature" in peer.requests[0].headers


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "ftp://x"},
        {"url": "x"},
        {"url": "http://x", "nope": 1},
        {"url": "http://x", "max_alerts": -1},
    ],
)
async def test_wrong_options_are_refused(bench: Bench, options: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        bench.channels().create(SCOPE, kind="webhook", name="x", options=options)


async def test_another_projects_channel_does_not_exist(bench: Bench, peer: HttpPeer) -> None:
    channels, channel_id = bench.channels(), hooked(bench, peer)
    assert channels.list(OTHER) == []
    for use in (
        lambda: channels.get(OTHER, channel_id),
        lambda: channels.change(OTHER, channel_id, enabled=False),
        lambda: channels.delete(OTHER, channel_id),
    ):
        with pytest.raises(NotFound):
            use()
    with pytest.raises(NotFound):
        await channels.test_channel(OTHER, channel_id)


class BrokenWebhook(Webhook):
    """A channel kind with a bug, as a plug-in may have."""

    async def send(self, *_args: object, **_facts: object) -> Outcome:
        raise ZeroDivisionError


async def test_a_channel_with_a_bug_is_on_record_and_tried_again(
    bench: Bench, peer: HttpPeer
) -> None:
    hooked(bench, peer)
    firing(bench)
    line = new_line(bench.outbound, bench.clock, {"webhook": BrokenWebhook()})
    await Deliverer(bench.meta, line, bench.clock).run_due()

    (delivery,) = Alerts(bench.meta).deliveries(SCOPE)
    assert (delivery.state, delivery.last_error) == ("waiting", "The channel failed unexpectedly.")


async def test_deliveries_are_looked_for_only_once_something_was_committed(
    bench: Bench, peer: HttpPeer
) -> None:
    hooked(bench, peer)
    evaluator, deliverer = start(bench), bench.new_deliverer()
    assert deliverer.may_be_due()
    assert deliverer.next_due_ms() is None
    assert not deliverer.may_be_due()

    tick(bench, evaluator, up=0, times=3)

    assert deliverer.may_be_due()
    assert await deliverer.run_due() == 1


async def test_a_delivery_that_waits_for_its_time_is_looked_for_then(
    bench: Bench, peer: HttpPeer
) -> None:
    hooked(bench, peer)
    firing(bench)
    peer.answer = lambda _request: Reply(500)
    deliverer = bench.new_deliverer()
    await deliverer.run_due()
    due_ms = deliverer.next_due_ms()
    assert due_ms is not None
    assert not deliverer.may_be_due()

    bench.clock.now_ms = due_ms

    assert deliverer.may_be_due()


async def test_what_is_over_is_forgotten_and_what_waits_is_not(
    bench: Bench, peer: HttpPeer
) -> None:
    hooked(bench, peer)
    evaluator = firing(bench)
    await bench.new_deliverer().run_due()
    tick(bench, evaluator, up=1)
    alerts, end_ms = Alerts(bench.meta), bench.clock() + 1
    waiting, sent = alerts.deliveries(SCOPE)

    alerts.forget_before(sent.created_ms)
    assert alerts.deliveries(SCOPE) == [waiting, sent]

    alerts.forget_before(end_ms)
    assert alerts.history(SCOPE, TimeRange(0, end_ms)) == []
    assert alerts.deliveries(SCOPE) == [waiting]
