"""The live hub: who hears what, how often, and what a slow page costs."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.fakes.clock import HandClock
from watchkeeper.lib.live import LiveHub, Merger, TooManyStreams, messages_of
from watchkeeper.model import LiveEvent, LiveTopic

NOW = 1_000_000


def samples(project_id: int = 1, **facts: int) -> LiveEvent:
    return LiveEvent(project_id, LiveTopic.SAMPLES, facts)


def test_the_first_change_of_a_topic_is_due_at_once() -> None:
    merger = Merger()
    merger.offer(samples(count=3))

    assert [message.facts for message in merger.take(NOW)] == [{"count": 3}]


def test_changes_of_one_topic_within_a_quarter_second_become_one_message() -> None:
    merger = Merger()
    merger.offer(samples(count=1))
    merger.take(NOW)
    merger.offer(samples(count=2))
    merger.offer(samples(count=3))

    assert merger.take(NOW + 249) == []
    assert merger.next_due_ms() == NOW + 250
    [message] = merger.take(NOW + 250)
    assert (message.facts, message.merged) == ({"count": 3}, 2)


def test_different_topics_do_not_wait_for_each_other() -> None:
    merger = Merger()
    merger.offer(samples())
    merger.take(NOW)
    merger.offer(LiveEvent(1, LiveTopic.ISSUES))

    assert [message.topic for message in merger.take(NOW + 1)] == ["issues"]


def test_what_exceeds_the_bound_is_dropped_and_counted() -> None:
    merger = Merger(max_waiting=2)

    kept = [merger.offer(samples(project_id=each)) for each in (1, 2, 3)]

    assert kept == [True, True, False]
    assert merger.dropped == 1


async def test_a_page_hears_only_of_its_projects() -> None:
    hub = LiveHub(HandClock())
    with hub.subscribe([1]) as subscription:
        hub.publish(samples(project_id=2))
        hub.publish(samples(project_id=1))

        messages = await subscription.wait(5)

    assert [message.project_id for message in messages] == [1]


async def test_a_thread_reaches_a_page_that_is_waiting() -> None:
    hub = LiveHub(HandClock())
    with hub.subscribe([1]) as subscription:
        waiting = asyncio.create_task(subscription.wait(5))
        await asyncio.sleep(0)
        thread = threading.Thread(target=hub.publish, args=(samples(count=7),))
        thread.start()
        messages = await waiting
        thread.join()

    assert messages[0].facts == {"count": 7}


async def test_silence_becomes_a_ping() -> None:
    with LiveHub(HandClock()).subscribe([1]) as subscription:
        stream = messages_of(subscription, ping_s=0)

        assert await anext(stream) is None
        await stream.aclose()  # type: ignore[attr-defined]


async def test_a_project_has_a_bound_of_open_streams() -> None:
    hub = LiveHub(HandClock(), max_subscribers=1)
    with hub.subscribe([1]):
        with pytest.raises(TooManyStreams), hub.subscribe([1]):
            pass
        with hub.subscribe([2]):
            assert hub.open_streams() == 2

    assert hub.open_streams() == 0


async def test_a_slow_page_loses_changes_and_the_hub_counts_them() -> None:
    hub = LiveHub(HandClock())
    projects = range(1, 259)
    with hub.subscribe(projects):
        for project_id in projects:
            hub.publish(samples(project_id=project_id))

    assert hub.dropped == 2


async def test_publishing_after_the_page_s_loop_has_ended_does_no_harm() -> None:
    hub = LiveHub(HandClock())

    abandoned = hub.subscribe([1])

    def open_and_abandon() -> None:
        async def body() -> None:
            abandoned.__enter__()

        asyncio.run(body())

    thread = threading.Thread(target=open_and_abandon)
    thread.start()
    thread.join()

    hub.publish(samples())

    assert hub.open_streams() == 1
