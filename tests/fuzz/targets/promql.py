"""PromQL: parsing, and evaluation over a small memory."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from random import Random

from tests.fuzz.target import Run, Target
from watchkeeper.lib.go_regex import BadRegex, compile_anchored
from watchkeeper.model import METRIC_NAME, Buckets, Histogram, Labels, Role, Scope, labels_of
from watchkeeper.query import QueryLimits
from watchkeeper.query.promql import (
    Engine,
    Matrix,
    MemorySource,
    PromQLError,
    Result,
    TooManyQueries,
    Vector,
    describe,
    format_expr,
    parse,
    prettify,
)
from watchkeeper.query.promql.ast import ValueType
from watchkeeper.query.promql.catalogue import FUNCTIONS, Signature

_GOLDEN = Path(__file__).parents[2] / "golden/promql"
_SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
_LIMITS = QueryLimits(max_samples=200_000, max_points=200, timeout_s=0.5)
_AGGREGATIONS = (
    "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk",
    "quantile", "count_values", "limitk", "limit_ratio",
)  # fmt: skip
_BINARY = (
    "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", ">", "<=", ">=", "and", "or",
    "unless", "</", ">/",
)  # fmt: skip
_WORDS = (
    "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "start()",
    "end()", "anchored", "smoothed", "fill", "fill_left", "fill_right", "step()", "range()", "@",
    "=~", "!~", "!=", "(", ")", "[", "]", "{", "}", ",", ":", "[5m:]", "[1m:10s]", "# x\n", "{{",
    "}}", "schema:0", "buckets:[1 2]", "offset -1m", "inf", "nan", "5m", "1h30m", "0x1F", "1e9",
    '"a"', "'b'", "`c`", '"\\xff"', '"\\u00e9"', '{"a.b"}', '__name__="m"', "-", "+", "^",
)  # fmt: skip
_TOKENS = tuple(word.encode() for word in (*_WORDS, *_AGGREGATIONS, *_BINARY, *FUNCTIONS))
_METRICS = ("m_total", "gauge", "h", "le_bucket", "gone", "mixed", "odd", '{__name__=~".+"}')
_MATCHERS = (
    'n="1"', 'n!="1"', 'n=~"1|2"', 'n!~".*"', 'job=~"a.*"', 'le="+Inf"', 'n=~"(a|b)*"', 'job=""',
)  # fmt: skip
_NUMBERS = ("0", "1", "-1", "2.5", "1e300", "Inf", "NaN", "0x1f", "5m", "100", "1e-9", "5")
_DURATIONS = ("5m", "30s", "1h", "1ms", "10m", "100", "1y", "step()", "5m * 2", "1m + 30s", "0s")
_STRINGS = ('"n"', '"job"', '"$1"', '"(.*)"', '""', '"x"', "`a`", '"__name__"', '"["', '"é"')


class Writer:
    """Writes queries, mostly of right types."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def pick(self, options: Sequence[str]) -> str:
        return options[int(self._rng.random() * len(options))]

    def chance(self, share: float) -> bool:
        return self._rng.random() < share

    def of(self, kind: ValueType, depth: int) -> str:
        """An expression of a type; now and then of another."""
        if self.chance(0.02):
            kind = self._rng.choice(list(ValueType))
        if kind is ValueType.SCALAR:
            return self.scalar(depth)
        if kind is ValueType.MATRIX:
            return self.matrix(depth)
        if kind is ValueType.STRING:
            return self.pick(_STRINGS)
        return self.vector(depth)

    def scalar(self, depth: int) -> str:
        if depth <= 0 or self.chance(0.6):
            return self.pick(_NUMBERS)
        if self.chance(0.5):
            return f"({self.scalar(depth - 1)} {self.pick(_BINARY[:7])} {self.scalar(depth - 1)})"
        return self.call(ValueType.SCALAR, depth)

    def selector(self) -> str:
        chosen = [self.pick(_MATCHERS) for _ in range(int(self._rng.random() ** 2 * 3))]
        metric = self.pick(_METRICS)
        return metric + ("{" + ",".join(chosen) + "}" if chosen and metric[0] != "{" else "")

    def modifiers(self) -> str:
        text = ""
        if self.chance(0.15):
            text += f" offset {self.pick(('', '-'))}{self.pick(_DURATIONS[:6])}"
        if self.chance(0.1):
            text += f" @ {self.pick(('start()', 'end()', '600', '-5', '1e3', '1795224000'))}"
        if self.chance(0.05):
            text = self.pick((" anchored", " smoothed")) + text
        return text

    def matrix(self, depth: int) -> str:
        if depth <= 0 or self.chance(0.75):
            return f"{self.selector()}[{self.pick(_DURATIONS)}]{self.modifiers()}"
        step = self.pick(("", "", *_DURATIONS[:6]))
        inner = self.vector(depth - 1)
        return f"({inner})[{self.pick(_DURATIONS)}:{step}]{self.modifiers()}"

    def vector(self, depth: int) -> str:
        chance = self._rng.random()
        if depth <= 0 or chance < 0.2:
            return self.selector() + self.modifiers()
        if chance < 0.5:
            return self.call(ValueType.VECTOR, depth)
        if chance < 0.7:
            return self.aggregation(depth)
        if chance < 0.95:
            return self.binary(depth)
        return self.pick(("-", "+")) + f"({self.vector(depth - 1)})"

    def call(self, kind: ValueType, depth: int) -> str:
        names = _returning(kind)
        name = self.pick(names)
        wanted: Signature = FUNCTIONS[name]
        count = len(wanted.args)
        if wanted.variadic and self.chance(0.5):
            count += int(self._rng.random() * 3) - 1
        args = (
            [self.of(wanted.arg_type(at), depth - 1) for at in range(count)] if wanted.args else []
        )
        return f"{name}({', '.join(args)})"

    def labels(self) -> str:
        return ", ".join(
            self.pick(("n", "job", "le", "gone", "__name__"))
            for _ in range(int(self._rng.random() * 3))
        )

    def aggregation(self, depth: int) -> str:
        name = self.pick(_AGGREGATIONS)
        grouping = f" {self.pick(('by', 'without'))} ({self.labels()}) " if self.chance(0.5) else ""
        first = ""
        if name == "count_values":
            first = f"{self.pick(_STRINGS)}, "
        elif name in {"topk", "bottomk", "quantile", "limitk", "limit_ratio"}:
            first = f"{self.scalar(depth - 1)}, "
        return f"{name}{grouping}({first}{self.vector(depth - 1)})"

    def binary(self, depth: int) -> str:
        operator = self.pick(_BINARY)
        left = self.of(self._rng.choice((ValueType.VECTOR, ValueType.SCALAR)), depth - 1)
        right = self.of(
            self._rng.choice((ValueType.VECTOR, ValueType.VECTOR, ValueType.SCALAR)), depth - 1
        )
        extra = ""
        if operator[0] in "=!<>" and self.chance(0.4):
            extra += " bool"
        if self.chance(0.3):
            extra += f" {self.pick(('on', 'ignoring'))} ({self.labels()})"
            if self.chance(0.4):
                extra += f" {self.pick(('group_left', 'group_right'))} ({self.labels()})"
            if self.chance(0.15):
                extra += (
                    f" {self.pick(('fill', 'fill_left', 'fill_right'))} ({self.pick(_NUMBERS)})"
                )
        return f"({left} {operator}{extra} {right})"


@cache
def _returning(kind: ValueType) -> tuple[str, ...]:
    return tuple(name for name, each in FUNCTIONS.items() if each.returns is kind)


def _generate(rng: Random) -> bytes:
    writer = Writer(rng)
    kind = rng.choice(
        (ValueType.VECTOR, ValueType.VECTOR, ValueType.VECTOR, ValueType.SCALAR, ValueType.MATRIX)
    )
    return writer.of(kind, 1 + int(rng.random() * 4)).encode()


@cache
def _golden_queries() -> tuple[bytes, ...]:
    """Every expression of the golden tests."""
    found = []
    for path in sorted(_GOLDEN.glob("*.test")):
        for line in path.read_text().splitlines():
            match = re.match(
                r"\s*eval\S*\s+(?:instant at \S+|range from \S+ to \S+ step \S+)\s+(.+)", line
            )
            if match:
                found.append(match[1].encode())
    return tuple(found)


def _parser() -> Run:
    def run(data: bytes) -> str:
        text = data.decode("utf-8", "replace")
        tree = parse(text)
        shown = format_expr(tree)
        if "Inf ^" in shown:  # shown as Prometheus does, "+Inf ^ 2", whose plus binds less
            return "infinite"
        again = parse(shown)
        assert format_expr(again) == shown, f"{shown!r} reads as {format_expr(again)!r}"
        assert _facts(describe(again)) == _facts(describe(tree)), f"{text!r} became {shown!r}"
        pretty = prettify(tree)
        assert format_expr(parse(pretty)) == shown, f"{pretty!r} is not {shown!r}"
        json.dumps(describe(tree)).encode()
        return tree.type.value

    return run


def _facts(told: object) -> object:
    """A tree as JSON, but for the order of matchers, which a shown query has sorted."""
    if isinstance(told, dict):
        found = {key: _facts(value) for key, value in told.items()}
        matchers = found.get("matchers")
        found["matchers"] = sorted(matchers, key=repr) if isinstance(matchers, list) else []
        return found
    return [_facts(each) for each in told] if isinstance(told, list) else told


def _named(n: int, name: str, **more: str) -> Labels:
    return labels_of({METRIC_NAME: name, "n": str(n), "job": "abc"[n], **more})


def _memory() -> MemorySource:
    source = MemorySource()
    steps = range(0, 1200, 15)
    odd = (0.0, -0.0, math.inf, -math.inf, math.nan, 1e308, 5e-324, -1.0)
    for n in range(3):
        named = partial(_named, n)
        source.append(named("m_total"), [(t * 1000 + n, float(t % 300 * (n + 1))) for t in steps])
        source.append(named("gauge"), [(t * 1000, math.sin(t) * n) for t in steps])
        source.append(named("odd"), [(t * 1000, odd[t // 15 % len(odd)]) for t in steps])
        for le in ("0.1", "1", "+Inf"):
            source.append(named("le_bucket", le=le), [(t * 1000, float(t)) for t in steps])
        shapes = [_histogram(t, schema=n) for t in steps]
        source.append(named("h"), list(zip((t * 1000 for t in steps), shapes, strict=True)))
        both = [(t * 1000, _histogram(t, schema=-53) if t % 30 else float(t)) for t in steps]
        source.append(named("mixed"), both)
    return source


def _histogram(t: int, schema: int) -> Histogram:
    counts = (1.0 + t // 15, 2.0, 3.5)
    bounds = (0.5, 1.0, 2.5) if schema == -53 else ()
    return Histogram(
        schema=schema,
        count=sum(counts) + (schema != -53),
        sum=t * 1.5,
        zero_count=float(schema != -53),
        zero_threshold=0.001 if schema != -53 else 0.0,
        positive=Buckets((0, 1, 3), counts),
        custom_bounds=bounds,
    )


def _evaluator() -> Run:
    engine = Engine(_memory(), limits=_LIMITS)

    def run(data: bytes) -> str:
        text = data.decode("utf-8", "replace")
        kind = parse(text).type
        at_ms = 1000 * (hash_of(data) % 1400)
        answer = engine.instant(_SCOPE, text, at_ms)
        check(answer)
        if kind not in (ValueType.SCALAR, ValueType.VECTOR):
            return kind.value
        check(engine.range(_SCOPE, text, at_ms - 300_000, at_ms, 1000 * (1 + hash_of(data) % 90)))
        return f"{kind.value} {'warned' if answer.warnings else ''}"

    return run


def hash_of(data: bytes) -> int:
    """A number that is the same in each process."""
    return sum(data) * 31 + len(data)


def check(answer: Result) -> None:
    """The shape of an answer is whole."""
    value = answer.value
    if isinstance(value, Vector):
        assert len(value.labels) == len(value.values), "labels and values differ in number"
        assert len(set(value.labels)) == len(value.labels), "a vector has one series twice"
    elif isinstance(value, Matrix):
        offsets = value.offsets.tolist()
        assert len(offsets) == len(value.labels) + 1, "offsets do not fit"
        assert offsets[-1] == len(value.ts) == len(value.values), "columns differ in length"
        assert all(left < right for left, right in pairwise(offsets)), "a series without samples"
        assert len(set(value.labels)) == len(value.labels), "a matrix has one series twice"


def _regex() -> Run:
    def run(data: bytes) -> str:
        pattern, _, subject = data.decode("utf-8", "replace").partition("\n")
        compiled = compile_anchored(pattern)
        found = compiled.matches(subject)
        match = compiled.fullmatch(subject)
        assert found == (match is not None), "matches and fullmatch differ"
        if compiled.values is not None:
            assert found == (subject in compiled.values), "the choice of texts differs"
        if found:
            assert subject.startswith(compiled.prefix), "the prefix differs"
        return str(found)

    return run


_PATTERNS = (
    "a|b|c", "a.*", ".*a", ".+", "(a|b)+c", "[^x]*", "a{2,3}", "(?i)ab", r"\d+\.\d", "(?P<n>a)b",
    "^a$", "", "a||b", r"\Qa.b\E", r"\pL+", "(a*)*", "a|", "[[:alpha:]]", r"a\.b", "(?s).", "é|ü",
)  # fmt: skip


def _a_regex(rng: Random) -> bytes:
    subject = "".join(rng.choice("abc.x1é\n") for _ in range(int(rng.random() * 8)))
    return f"{rng.choice(_PATTERNS)}\n{subject}".encode()


TARGETS = (
    Target(
        name="promql-parse",
        make=_parser,
        refusals=(PromQLError,),
        generate=_generate,
        seeds=_golden_queries,
        tokens=_TOKENS,
        share=60,
    ),
    Target(
        name="promql-evaluate",
        make=_evaluator,
        refusals=(PromQLError, TooManyQueries),
        generate=_generate,
        seeds=_golden_queries,
        tokens=_TOKENS,
        cpu_limit_s=2.0,
        share=10,
    ),
    Target(
        name="regex",
        make=_regex,
        refusals=(BadRegex,),
        generate=_a_regex,
        tokens=tuple(
            b"( ) [ ] { } | * + ? ^ $ . \\ (?: (?i) (?P<a> \\Q \\E \\b [^ [: :] {1000} \\pL".split()
        ),
        share=200,
    ),
)
