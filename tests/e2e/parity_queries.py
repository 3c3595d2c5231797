"""Queries over `parity_samples`: every function, operator and modifier that 2.x and 3.x share.

Subqueries step on whole seconds, so their windows must not begin there: all queries are asked at
half seconds, and subqueries inside of subqueries have ranges of odd milliseconds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

REQUESTS = "demo_requests_total"
LOAD = "demo_load"
BUCKETS = "demo_latency_seconds_bucket"

_MATHS = (
    "abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "round", "sin", "cos",
    "tan", "sinh", "cosh", "tanh", "asinh", "atan", "rad", "deg", "acos", "asin", "acosh", "atanh",
)  # fmt: skip
_CALENDAR = (
    "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month",
    "year",
)  # fmt: skip
_OVER_TIME = ("avg", "min", "max", "sum", "count", "stddev", "stdvar", "last", "present")
_RATES = ("rate", "increase", "irate", "resets")
_DELTAS = ("delta", "idelta", "deriv", "changes")
_RANGES = ("1m", "5m", "17m")
_ARITHMETIC = ("+", "-", "*", "/", "%", "^")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_AGGREGATIONS = ("sum", "avg", "min", "max", "count", "stddev", "stdvar", "group")
_CLAUSES = (
    "",
    " by (job)",
    " by (job, instance)",
    " without (code)",
    " by (nothing)",
    " without ()",
)
_COUNTERS = (REQUESTS, 'demo_requests_total{code="500"}', "demo_gappy_total", "demo_late_total")
_GAUGES = (LOAD, "demo_memory_bytes", "demo_special", "demo_state", "demo_gone")


def queries() -> list[str]:
    """All of them, each once, in a fixed order."""
    parts = (
        _selectors(), _elementwise(), _ranges(), _aggregations(), _operators(), _matching(),
        _modifiers(), _histograms(), _labels(), _times(), _compositions(),
    )  # fmt: skip
    return list(dict.fromkeys(query for part in parts for query in part))


def _selectors() -> Iterator[str]:
    yield from (*_COUNTERS, *_GAUGES, "nothing_at_all", '{__name__=~"demo_(load|state)"}')
    for matcher in (
        'code="200"', 'code!="200"', 'code=~"2..|5.."', 'code!~"2.*"', 'job=~".+"', 'job=""',
        'job!=""', 'zone=~"z[0]"', 'instance=~"a:80|b:80"', 'room="küche"', 'nope=~".*"',
    ):  # fmt: skip
        yield f'{{__name__=~"demo_.*",{matcher}}}'


def _elementwise() -> Iterator[str]:
    for function, argument in product(_MATHS, (LOAD, "demo_special")):
        yield f"{function}({argument})"
    for argument in (LOAD, "demo_special"):
        yield f"clamp({argument}, -1, 1)"
        yield f"clamp({argument}, 1, -1)"
        yield f"clamp_min({argument}, 0.5)"
        yield f"clamp_max({argument}, 0.5)"
        yield f"round({argument}, 0.25)"
        yield f"-{argument}"
        yield f"+{argument}"
        yield f"sort({argument})"
        yield f"sort_desc({argument})"
        yield f"timestamp({argument})"
        yield f"timestamp({argument} * 2)"
    yield from ("scalar(demo_gone)", "scalar(demo_load)", "vector(3)", "vector(scalar(demo_gone))")
    yield from (
        "absent(nope)",
        'absent(nope{a="b",c=~"d"})',
        f"absent({LOAD})",
        "absent(sum(nope))",
    )


def _ranges() -> Iterator[str]:
    for function, series, window in product(
        _OVER_TIME, (LOAD, "demo_special", "demo_gappy_total"), _RANGES
    ):
        yield f"{function}_over_time({series}[{window}])"
    for function, series, window in product(_RATES, _COUNTERS, _RANGES):
        yield f"{function}({series}[{window}])"
    for function, series, window in product(
        _DELTAS, (LOAD, "demo_state", "demo_gappy_total"), _RANGES
    ):
        yield f"{function}({series}[{window}])"
    for share in ("0", "0.25", "0.5", "0.99", "1", "-1", "2", "NaN"):
        yield f"quantile_over_time({share}, {LOAD}[7m])"
    for ahead in ("0", "600", "-3600", "86400"):
        yield f"predict_linear({LOAD}[10m], {ahead})"
    yield from (f"absent_over_time(nope[{window}])" for window in _RANGES)
    yield from (
        f"absent_over_time({series}[2m])" for series in (LOAD, "demo_gone", "demo_late_total")
    )


def _aggregations() -> Iterator[str]:
    for function, clause in product(_AGGREGATIONS, _CLAUSES):
        yield f"{function}{clause} (rate({REQUESTS}[5m]))"
    for function in _AGGREGATIONS:
        yield f"{function} (demo_special)"
        yield f'{function} by (kind) (demo_special{{kind=~"zero|minus"}})'
    for k, clause in product(("1", "3", "0", "-1", "100"), ("", " by (job)", " without (code)")):
        yield f"topk{clause} ({k}, rate({REQUESTS}[5m]))"
        yield f"bottomk{clause} ({k}, rate({REQUESTS}[5m]))"
    for share, clause in product(("0", "0.5", "0.9", "1", "-0.5", "1.5", "NaN"), ("", " by (job)")):
        yield f"quantile{clause} ({share}, {REQUESTS})"
    yield 'count_values("v", demo_state)'
    yield 'count_values by (room) ("v", demo_state)'
    yield 'count_values("kind", demo_special)'
    yield f"sum({REQUESTS}) by (job) / count({REQUESTS}) by (job)"


def _operators() -> Iterator[str]:
    for op, other in product(_ARITHMETIC, ("2", "-0.5", "0")):
        yield f"{LOAD} {op} {other}"
        yield f"{other} {op} {LOAD}"
    for op, other in product(_COMPARISONS, ("0.5", "-3")):
        yield f"{LOAD} {op} {other}"
        yield f"{LOAD} {op} bool {other}"
        yield f"{other} {op} {LOAD}"
        yield f"{other} {op} bool {LOAD}"
        yield f"demo_special {op} {other}"
    for op in (*_ARITHMETIC, *_COMPARISONS):
        yield f"{LOAD} {op} {LOAD} offset 3m"
    for op in _COMPARISONS:
        yield f"{LOAD} {op} bool {LOAD} offset 3m"
        yield f"1 {op} bool 2"
        yield f"demo_special {op} demo_special"
    yield from (
        "1 + 2 * 3 ^ 2 ^ 0.5 % 4 - -1",
        "1 / 0",
        "-1 / 0",
        "0 / 0",
        "5 % 0",
        "-7 % 3",
        "1e308 * 10",
    )


def _matching() -> Iterator[str]:
    rate = f"rate({REQUESTS}[5m])"
    for op in ("*", "/", "-", ">", "<"):
        yield f"{rate} {op} on (job, instance, code) {REQUESTS}"
        yield f"{rate} {op} ignoring (code) group_left () sum without (code) ({rate})"
        yield f"sum without (code) ({rate}) {op} ignoring (code) group_right () {rate}"
        yield f"{LOAD} {op} on (instance) group_left (version) demo_build_info"
        yield f"demo_build_info {op} on (instance) group_right (version) {LOAD}"
        yield f"{LOAD} {op} on (instance) group_left (version, zone) demo_build_info"
        yield f"{LOAD} {op} bool on (instance) group_left (version) demo_build_info"
    for op, on in product(
        ("and", "or", "unless"), ("", " on (instance)", " ignoring (zone)", " on ()")
    ):
        yield f"{LOAD} {op}{on} demo_memory_bytes"
        yield f"({LOAD} > 0){op.join('  ')}{on} demo_build_info"
    yield f"{LOAD} * on (instance) {rate}"
    yield f"{rate} * on (job) {rate}"
    yield f"{LOAD} + demo_build_info"


def _modifiers() -> Iterator[str]:
    for offset in ("1m", "10m30s", "-2m", "3s"):
        yield f"{LOAD} offset {offset}"
        yield f"rate({REQUESTS}[5m] offset {offset})"
        yield f"sum_over_time({LOAD}[5m:1m] offset {offset})"
    for at in ("start()", "end()", "AT"):
        yield f"{LOAD} @ {at}"
        yield f"rate({REQUESTS}[5m] @ {at})"
        yield f"{LOAD} @ {at} offset 1m"
        yield f"sum_over_time({LOAD}[5m:1m] @ {at})"
        yield f"topk(2, {LOAD} @ {at})"
        yield f"rate({REQUESTS}[5m]) / rate({REQUESTS}[5m] @ {at})"
    for function, step in product(
        ("avg", "max", "stddev", "last", "count"), ("", "30s", "7s", "1m")
    ):
        yield f"{function}_over_time({LOAD}[10m:{step}])"
        yield f"{function}_over_time(rate({REQUESTS}[3m])[8m:{step}])"
    yield f"max_over_time(deriv({LOAD}[2m])[10m:1m])"
    yield f"max_over_time((sum by (job) (rate({REQUESTS}[2m])))[10m:1m])"
    yield f"sum_over_time(avg_over_time({LOAD}[2m250ms:20s])[6m:40s])"
    yield f"rate(sum_over_time({LOAD}[1m])[5m:15s])"
    yield f"quantile_over_time(0.9, ({LOAD} > 0)[9m:30s])"


def _histograms() -> Iterator[str]:
    for share in ("0", "0.1", "0.5", "0.9", "0.99", "1", "-1", "2"):
        yield f"histogram_quantile({share}, {BUCKETS})"
        yield f"histogram_quantile({share}, rate({BUCKETS}[5m]))"
        yield f"histogram_quantile({share}, sum by (le) (rate({BUCKETS}[5m])))"
        yield f"histogram_quantile({share}, sum by (job, le) (increase({BUCKETS}[10m])))"
    yield f"histogram_quantile(scalar(vector(0.5)), {BUCKETS})"
    yield "rate(demo_latency_seconds_sum[5m]) / rate(demo_latency_seconds_count[5m])"


def _labels() -> Iterator[str]:
    for target, template, source, pattern in (
        ("x", "$1", "instance", "(.*):.*"), ("x", "${1}-$2", "instance", "(.*):(.*)"),
        ("x", "$1", "instance", "nope(.*)"), ("instance", "", "instance", ".*"),
        ("x", "const", "nope", ""), ("zone", "$name", "instance", "(?P<name>[a-z]+).*"),
        ("__name__", "renamed", "zone", "z0"), ("x", "$$$1$", "zone", "(z)."),
    ):  # fmt: skip
        yield f'label_replace({LOAD}, "{target}", "{template}", "{source}", "{pattern}")'
    yield f'label_join({LOAD}, "x", "-", "instance", "zone", "nope")'
    yield f'label_join({LOAD}, "x", "-")'
    yield f'label_join({LOAD}, "zone", "", "nope")'
    yield f'label_replace({LOAD}, "zone", "z", "instance", ".*")'
    yield f'sum by (x) (label_replace({LOAD}, "x", "$1", "zone", "(.*)"))'
    yield f'label_replace({LOAD}, "instance", "same", "instance", ".*")'


def _times() -> Iterator[str]:
    for function in _CALENDAR:
        yield f"{function}()"
        yield f"{function}(vector(1583020800))"
        yield f"{function}(demo_memory_bytes)"
        yield f"{function}(vector(-1))"
    yield from ("time()", "time() - timestamp(demo_load)", "vector(time())", "pi()", "pi() * 2")


def _compositions() -> Iterator[str]:
    """Expressions put together by dice, the same at every call."""
    dice = random.Random(7)
    for _ in range(100):
        yield _vector(dice, 3)


def _vector(dice: random.Random, depth: int) -> str:
    """A random instant vector. Its arithmetic keeps away from ties and from values near 0."""
    if depth == 0:
        return dice.choice([LOAD, f"rate({REQUESTS}[5m])", "demo_memory_bytes", f"{REQUESTS}"])
    inner = _vector(dice, depth - 1)
    shape = dice.randrange(8)
    if shape == 0:
        return f"{dice.choice(_AGGREGATIONS)}{dice.choice(_CLAUSES)} ({inner})"
    if shape == 1:
        return f"{dice.choice(('abs', 'sqrt', 'exp', 'sgn', 'ln', 'atan'))}({inner})"
    if shape == 2:
        return f"({inner} {dice.choice(('+', '-', '*', '/'))} {dice.choice(('2', '0.3', '7e3'))})"
    if shape == 3:
        return (
            f"({inner} {dice.choice(('>', '<', '>= bool', '!= bool'))} {dice.choice(('0', '5'))})"
        )
    if shape == 4:
        function = dice.choice(("max", "min", "avg", "last", "count"))
        window, step = dice.choice(("4m250ms", "9m250ms")), dice.choice(("1m", "20s"))
        return f"{function}_over_time(({inner})[{window}:{step}])"
    if shape == 5:
        return f"({inner} {dice.choice(('and', 'or', 'unless'))} {_vector(dice, depth - 1)})"
    if shape == 6:
        return f"clamp({inner}, -50, 1e6)"
    return f"-({inner})"
