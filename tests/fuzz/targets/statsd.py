"""StatsD: one line, and many lines added up, to an aggregator that knows them and to one that
does not."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from random import Random

from tests.fakes.clock import HandClock
from tests.fuzz.target import Run, Target
from watchkeeper.ingest.protocols.statsd import Aggregator, MappingRules, TagPolicy
from watchkeeper.ingest.protocols.statsd.harvest import Harvester
from watchkeeper.ingest.protocols.statsd.mapping_file import MappingInvalid, read_mapping
from watchkeeper.ingest.protocols.statsd.parse import BadLine, MetricLine, parse_line

_GOLDEN = Path(__file__).parents[2] / "golden/wire/statsd"
_NAMES = (
    "a.b",
    "a",
    "x-y z",
    "é",
    "a;t=v",
    "a,t=v,u=w",
    "a#t=v",
    "a[t=v]",
    "1a",
    "",
    "watchkeeper.x",
)
_VALUES = (
    "1",
    "-1",
    "+2",
    "0.5",
    "1e3",
    "nan",
    "inf",
    "1_0",
    "",
    "1:2:3",
    "x",
    "1e400",
    " 1",
    "0x1",
    "1:",
)
_TYPES = ("c", "g", "ms", "h", "d", "s", "q", "", "c ", "C")
_OPTIONS = (
    "@0.1",
    "@0",
    "@-1",
    "@1e-9",
    "@nan",
    "#a:b,c",
    "#",
    "#:",
    "T1795224000",
    "T",
    "c:x",
    "e:y",
    "@0.5:3|c",
)
_TOKENS = (
    b"_e{", b"_sc|", b"|", b":", b"@", b"#", b",", b";", b"[", b"]", b"=", b"|c", b"|g", b"|ms",
    b"|h", b"|d", b"|s", b"|@0.1", b"|#a:b", b"|T1795224000", b"|c:in-1", b"|m:", b"|d:", b"{5,4}:",
    b"\n", b"_e{1,1}:a|b",
)  # fmt: skip
_MAPPING = """
defaults: {observer_type: histogram, ttl: 10s}
mappings:
- {match: "a.*", name: "a_$1", labels: {x: "$1"}}
- {match: "b.*.*", name: "b", observer_type: summary}
- {match: "n.*", name: "native", histogram_options: {native_histogram_bucket_factor: 1.1}}
- {match: "^x(.*)$", match_type: regex, name: "r_$1"}
- {match: "drop.*", action: drop, name: d}
"""


def _line(rng: Random) -> str:
    chance = rng.random()
    if chance < 0.06:
        return f"_e{{{int(rng.random() * 4)},{int(rng.random() * 4)}}}:ab|cd|h:x|#a:b|p:low"
    if chance < 0.12:
        return f"_sc|name|{int(rng.random() * 6)}|d:1|h:x|#a:b|m:text\\n"
    name = rng.choice((*_NAMES, "a.x", "n.y", "xz", "b.c.d"))
    options = "".join(f"|{rng.choice(_OPTIONS)}" for _ in range(int(rng.random() ** 2 * 4)))
    return f"{name}:{rng.choice(_VALUES)}|{rng.choice(_TYPES)}{options}"


def _lines(rng: Random) -> bytes:
    return "\n".join(_line(rng) for _ in range(1 + int(rng.random() * 6))).encode()


@cache
def _golden_lines() -> tuple[bytes, ...]:
    return tuple(
        line for path in sorted(_GOLDEN.glob("*.bin")) for line in path.read_bytes().splitlines()
    )


@cache
def _golden() -> tuple[bytes, ...]:
    return tuple(path.read_bytes()[:4096] for path in sorted(_GOLDEN.glob("*.bin")))


def _parser() -> Run:
    def run(data: bytes) -> str:
        parsed = parse_line(data)
        if isinstance(parsed, BadLine):
            return parsed.value
        for name, value in parsed.tags:
            f"{name}{value}".encode()
            assert name, "a tag without a name"
        if isinstance(parsed, MetricLine):
            assert parsed.name or data.lstrip()[:1] in b"[;,#", "a line without a name was taken"
            for reading in parsed.readings:
                assert math.isfinite(reading.number), "a value is not finite"
                assert reading.rate > 0, "a rate is not above 0"
            return f"metric {len(parsed.readings) > 1} {bool(parsed.bad)}"
        return type(parsed).__name__

    return run


Facts = tuple[dict[str, int], dict[str, int], dict[object, str]]


def _facts(lines: list[bytes], rules: MappingRules, *, forgetful: bool) -> Facts:
    """What an aggregator has of these lines: counts by kind and reason, and the totals.

    forgetful: each line is read as if it were the first of its kind.
    """
    clock = HandClock()
    aggregator = Aggregator(rules, TagPolicy())
    harvester = Harvester(aggregator, lead_ms=1_000)
    for line in lines:
        if forgetful:
            aggregator.settle(clock())
            aggregator._forget_routes()
            aggregator._forget_whole_lines()
        aggregator.feed(line, clock())
    clock.forward(2_000)
    harvest = harvester.harvest(clock())
    assert len(harvest.rows) == len(harvest.times) == len(harvest.values), "columns differ"
    table = aggregator.table
    for row in set(harvest.rows.tolist()):
        labels = table.labels[row]
        assert labels, "a sample of no series"
        assert all(name and value for name, value in labels), f"an empty label: {labels!r}"
        f"{labels}".encode()
    totals: dict[object, str] = {}
    for slot, key in enumerate(table.keys):
        if key is not None:
            totals[key] = f"{table.total[slot]:.9g} {len(table.members.get(slot, ()))}"
    harvester.stored(harvest)
    taken = {str(kind): count for kind, count in aggregator.taken.items() if count}
    return taken, {str(k): count for k, count in aggregator.refused.items() if count}, totals


def _aggregator() -> Run:
    mapped = read_mapping(_MAPPING)

    def run(data: bytes) -> str:
        rules = mapped if len(data) % 2 else MappingRules()
        lines = data.split(b"\n") * 2
        known = _facts(lines, rules, forgetful=False)
        first = _facts(lines, rules, forgetful=True)
        assert known == first, f"known lines add up differently: {first} became {known}"
        return f"{sorted(known[0])} {sorted(known[1])}"

    return run


def _mapping() -> Run:
    def run(data: bytes) -> str:
        rules = read_mapping(data.decode("utf-8", "replace"))
        _facts([b"a.b:1|c", b"b.c.d:2|ms", b"xyz:3|g", b"n.o:1|h"], rules, forgetful=False)
        return "read"

    return run


def _a_mapping(rng: Random) -> bytes:
    lines = _MAPPING.splitlines()
    return "\n".join(line for line in lines if rng.random() < 0.8).encode()


TARGETS = (
    Target(
        name="statsd-line",
        make=_parser,
        refusals=(),
        generate=lambda rng: _line(rng).encode(),
        seeds=_golden_lines,
        tokens=_TOKENS,
        share=800,
    ),
    Target(
        name="statsd-aggregate",
        make=_aggregator,
        refusals=(),
        generate=_lines,
        seeds=_golden,
        tokens=_TOKENS,
        share=5,
    ),
    Target(
        name="statsd-mapping",
        make=_mapping,
        refusals=(MappingInvalid,),
        generate=_a_mapping,
        tokens=(
            b"match: ",
            b"name: ",
            b"$1",
            b"${2}",
            b"*",
            b"match_type: regex",
            b"ttl: ",
            b"1h",
            b"- ",
            b"  ",
            b"buckets: [1, 2]",
            b"quantiles: [{quantile: 0.5}]",
            b"max_age: ",
            b"!!python/object:x ",
            b"&a ",
            b"*a",
            b"<<: ",
            b"scale: ",
            b"(",
            b"native_histogram_bucket_factor: ",
            b"age_buckets: ",
        ),
        share=8,
    ),
)
