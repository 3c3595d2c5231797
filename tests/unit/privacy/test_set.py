"""The labelled sets of tests/e2e, without a server: every secret goes, nearly all else stays."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.e2e.harmless import harmless
from tests.e2e.planted import planted
from watchkeeper.privacy import Json, Scrubber, ScrubRules

_LEAST_KEPT = 0.97


def _texts(node: Json) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def test_no_secret_of_the_set_is_left() -> None:
    scrubber = Scrubber(ScrubRules(salt=b"pepper"))
    plants = [plant for plant in planted() if plant.message.way in {"event", "transaction"}]

    left = [
        f"{plant.kind} in {plant.place}: {plant.secret}"
        for plant in plants
        if plant.secret in json.dumps(scrubber.scrub_event(plant.message.body))
    ]

    assert len(plants) >= 200
    assert left == []


def test_what_only_looks_like_a_secret_stays() -> None:
    scrubber = Scrubber(ScrubRules(salt=b"pepper"))
    cases = list(harmless())

    changed = [
        f"{case.kind} in {case.place}: {case.text}"
        for case in cases
        if case.text not in list(_texts(scrubber.scrub_event(case.message.body)))
    ]

    assert len(cases) >= 200
    assert len(changed) <= len(cases) * (1 - _LEAST_KEPT), changed
