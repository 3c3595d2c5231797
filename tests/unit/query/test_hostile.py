"""Nothing that can be typed takes long past its timeout, or memory past its bound."""

from __future__ import annotations

import resource
import subprocess
import sys
import textwrap
from contextlib import suppress

import pytest

from watchkeeper.model import Role, Scope, labels_of
from watchkeeper.query import Cancellation
from watchkeeper.query.budget import QueryLimits
from watchkeeper.query.promql import Engine, MemorySource, PromQLError, QueryCancelled

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
HOUR_MS = 3_600_000

HOSTILE = {
    "deep": "abs(" * 5000 + "m" + ")" * 5000,
    "signs": "-" * 60_000 + "1",
    "brackets": "[" * 60_000,
    "digits": "9" * 60_000,
    "hexadecimal": "0x" + "f" * 60_000,
    "long duration": "9" * 60_000 + "s",
    "chain": " + ".join(["m"] * 3000),
    "many or": " or ".join(["m"] * 3000),
    "giant subquery": "sum_over_time(m[100y:1ms])",
    "subquery without series": "sum_over_time(vector(1)[10000d:1s])",
    "nested subqueries": "max_over_time(" * 6 + "m" + "[1h:1s])" * 6,
    "widest window": "rate(m[290y] offset 290y)",
    "furthest at": "rate(m[290y] @ 4.6e15 offset -290y)",
    "overflow": "m * 1e308 * 1e308 ^ 1e308",
    "duration overflow": "rate(m[(9e9) ^ 9])",
    "duration of nothing": "rate(m[5m % 1e-320])",
    "no date": "year(m * 1e308)",
    "regex bomb": 'm{i=~"(a|aa)*(b|bb)*(((x+x+)+)+)+y"}',
    "regex too large": 'm{i=~"((((a{100}){100}){100}){100})"}',
    "value grows": "label_join(" * 12 + "m" + (',"i","-"' + ',"i"' * 9 + ")") * 12,
    "expansion": 'label_replace(m, "i", "' + "$0" * 20_000 + '", "__name__", "(.*)")',
    "join of thousands": 'label_join(m, "x", "-"' + ', "i"' * 5000 + ")",
    "labels of thousands": "sum by (" + ",".join(f"l{k}" for k in range(9000)) + ") (m)",
    "counts of everything": 'count_values("v", rate(m[1m]) * time())',
    "k of everything": "topk(9e18, m)",
    "NUL": 'm{i="\\x00"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_queries_end_in_an_answer_or_a_refusal(name: str) -> None:
    source = MemorySource()
    for number in range(20):
        labels = labels_of({"__name__": "m", "i": str(number)})
        source.append(labels, [(t * 15_000, float(t * number % 97)) for t in range(240)])
    engine = Engine(source, limits=QueryLimits(timeout_s=1.0, max_samples=2_000_000))
    before_mb = resident_mb()

    with suppress(PromQLError):
        engine.instant(SCOPE, HOSTILE[name], HOUR_MS)
    with suppress(PromQLError):
        engine.range(SCOPE, HOSTILE[name], 0, HOUR_MS, 15_000)

    assert resident_mb() - before_mb < 300


def resident_mb() -> int:
    """The most that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_a_value_does_not_grow_without_bound() -> None:
    source = MemorySource()
    source.append(labels_of({"__name__": "m", "l": "a" * 1000}), [(0, 1.0)])
    grown = 'label_join(m, "l", "", ' + ", ".join(['"l"'] * 70) + ")"

    with pytest.raises(PromQLError, match="longer than 65536 characters"):
        Engine(source).instant(SCOPE, grown, 0)


def test_a_cancelled_query_stops_between_its_nodes() -> None:
    source = MemorySource()
    source.append(labels_of({"__name__": "m"}), [(0, 1.0)])
    cancellation = Cancellation()
    cancellation.cancel()

    with pytest.raises(QueryCancelled):
        Engine(source).instant(SCOPE, "m + m", 0, cancellation=cancellation)


def test_a_simple_pattern_does_not_load_re2() -> None:
    """The edge keeps its small memory."""
    program = textwrap.dedent(
        """
        import sys
        from watchkeeper.lib.go_regex import compile_anchored
        compile_anchored("a|b").matches("a")
        assert "re2" not in sys.modules
        """
    )

    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
