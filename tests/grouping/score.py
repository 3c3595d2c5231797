"""How well a version of grouping does on events whose fault is known."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb
from pathlib import Path

from watchkeeper.issues.event import facts_of, read_event
from watchkeeper.issues.grouping import VERSIONS, Groupable

SET = Path(__file__).parent / "events.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Labelled:
    """app: one framework's program, so events of two apps are never compared."""

    app: str
    fault: str
    caller: str
    sdk: str
    build: int
    groupable: Groupable


@dataclass(frozen=True, slots=True)
class Score:
    """Over all pairs of events of one app.

    precision: of the pairs put into one issue, those of one fault. recall: of the pairs of one
    fault, those put into one issue. confused: (fault, fault) → pairs wrongly one. torn: fault →
    pairs wrongly two.
    """

    pairs: int
    precision: float
    recall: float
    confused: Mapping[tuple[str, str], int]
    torn: Mapping[str, int]


@cache
def events() -> tuple[Labelled, ...]:
    """The captured set."""
    with gzip.open(SET) as lines:
        return tuple(_labelled(json.loads(line)) for line in lines)


def score(version: int, chosen: Sequence[Labelled]) -> Score:
    """Pairs are counted, not made: there are over a million."""
    apps: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    for one in chosen:
        apps[one.app][one.fault, VERSIONS[version](one.groupable).hash] += 1
    right = together = same = 0
    confused: Counter[tuple[str, str]] = Counter()
    torn: Counter[str] = Counter()
    for cells in apps.values():
        right += sum(comb(n, 2) for n in cells.values())
        faults, issues = _by(cells, 0), _by(cells, 1)
        same += sum(comb(sum(each.values()), 2) for each in faults.values())
        together += sum(comb(sum(each.values()), 2) for each in issues.values())
        for fault, by_issue in faults.items():
            missed = comb(sum(by_issue.values()), 2) - sum(comb(n, 2) for n in by_issue.values())
            torn[str(fault)] += missed
        for by_fault in issues.values():
            names = sorted(str(fault) for fault in by_fault)
            for at, one_name in enumerate(names):
                for other in names[at + 1 :]:
                    confused[one_name, other] += by_fault[one_name] * by_fault[other]
    return Score(same, right / together, right / same, confused, +torn)


def _by(cells: Counter[tuple[str, int]], place: int) -> dict[str | int, Counter[str | int]]:
    found: dict[str | int, Counter[str | int]] = defaultdict(Counter)
    for cell, n in cells.items():
        found[cell[place]][cell[1 - place]] += n
    return found


def _labelled(row: dict[str, dict[str, object]]) -> Labelled:
    labels = row["labels"]
    event = read_event(json.dumps({**row["event"], "event_id": "0" * 32, "timestamp": 1}).encode())
    return Labelled(
        app=str(labels["framework"]),
        fault=str(labels["fault"]),
        caller=str(labels["caller"]),
        sdk=str(labels["sdk"]),
        build=int(str(labels["build"])),
        groupable=facts_of(event, received_ms=1_000).groupable,
    )
