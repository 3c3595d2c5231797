"""What the StatsD tests share: an aggregator whose harvests are read as plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.fakes.clock import HandClock
from watchkeeper.ingest.protocols.statsd import (
    AggregateOptions,
    Aggregator,
    MappingRules,
    TagPolicy,
)
from watchkeeper.ingest.protocols.statsd.harvest import Harvest, Harvester
from watchkeeper.ingest.protocols.statsd.mapping_file import read_mapping
from watchkeeper.model import METRIC_NAME, Labels

Sample = tuple[str, int, float]


def shown(labels: Labels) -> str:
    """`name{a="b"}`, as people write a series."""
    name = dict(labels)[METRIC_NAME]
    rest = ",".join(f'{key}="{value}"' for key, value in labels if key != METRIC_NAME)
    return f"{name}{{{rest}}}" if rest else name


@dataclass
class Lines:
    """Lines in, samples out; each flush is two seconds after the last."""

    mapping: str = ""
    policy: TagPolicy = field(default_factory=TagPolicy)
    options: AggregateOptions = field(default_factory=AggregateOptions)
    clock: HandClock = field(default_factory=HandClock)
    flush_ms: int = 2_000

    def __post_init__(self) -> None:
        rules = read_mapping(self.mapping) if self.mapping else MappingRules()
        self.aggregator = Aggregator(rules, self.policy, self.options)
        self.harvester = Harvester(self.aggregator, lead_ms=self.flush_ms // 2)
        self.start_ms = self.clock()

    def send(self, *lines: str) -> None:
        self.aggregator.feed("\n".join(lines).encode(), self.clock())

    def harvest(self) -> Harvest:
        self.clock.forward(self.flush_ms)
        return self.harvester.harvest(self.clock())

    def samples(self) -> list[Sample]:
        """Series, ms since the start and value of each sample of the next flush, which succeeds."""
        harvest = self.harvest()
        table = self.aggregator.table
        found = [
            (shown(table.labels[row] or ()), ts_ms - self.start_ms, value)
            for row, ts_ms, value in zip(
                harvest.rows.tolist(), harvest.times.tolist(), harvest.values.tolist(), strict=True
            )
        ]
        self.harvester.stored(harvest)
        return found

    def values(self) -> dict[str, float]:
        """The newest value of each series in the next flush; markers of an end left out."""
        return {series: value for series, _, value in self.samples() if not math.isnan(value)}

    @property
    def refused(self) -> dict[str, int]:
        return {str(reason): count for reason, count in self.aggregator.refused.items() if count}
