"""Random PromQL: well-formed expressions, and soups of its tokens."""

from __future__ import annotations

import re

from hypothesis import strategies as st

LABELS = st.sampled_from(["job", "le", "by", "instance", "sum", "offset"])
_STRINGS = st.sampled_from(['"x"', "'a b'", '"a\\"b"', "`raw`", '""', '"é"'])
_DURATIONS = st.sampled_from(["5m", "1h30m", "300", "10s", "1d", "100ms"])
_NUMBERS = st.sampled_from(["1", "0.5", "1e3", ".5", "0x1f", "Inf", "NaN", "2."])
_METRICS = st.sampled_from(["up", "http_requests_total", "a:b:c", "count", "bottomk"])


@st.composite
def matcher(draw: st.DrawFn) -> str:
    return draw(LABELS) + draw(st.sampled_from(["=", "!=", "=~", "!~"])) + draw(_STRINGS)


@st.composite
def selector(draw: st.DrawFn) -> str:
    matchers: list[str] = draw(st.lists(matcher(), max_size=3))
    empty: bool = draw(st.booleans())
    braces = "{" + ",".join(matchers) + "}" if matchers or empty else ""
    return draw(_METRICS) + braces


@st.composite
def modified(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    text = draw(inner)
    if draw(st.booleans()):
        text += " offset " + draw(st.sampled_from(["", "-"])) + draw(_DURATIONS)
    if draw(st.booleans()):
        text += " @ " + draw(st.sampled_from(["10", "1.5", "-3", "start()", "end()"]))
    return text


@st.composite
def range_vector(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    if draw(st.booleans()):
        return draw(modified(st.just(f"{draw(selector())}[{draw(_DURATIONS)}]")))
    step = draw(st.one_of(st.just(""), _DURATIONS))
    return draw(modified(st.just(f"({draw(vectors)})[{draw(_DURATIONS)}:{step}]")))


@st.composite
def grouping(draw: st.DrawFn) -> str:
    labels = ",".join(draw(st.lists(LABELS, max_size=2)))
    return f" {draw(st.sampled_from(['by', 'without']))}({labels}) "


@st.composite
def aggregation(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    name = draw(st.sampled_from(["sum", "avg", "topk", "quantile", "stddev", "COUNT"]))
    param = draw(_NUMBERS) + ", " if name in ("topk", "quantile") else ""
    args = f"({param}{draw(vectors)})"
    if draw(st.booleans()):
        return name + draw(grouping()) + args
    return name + args + draw(st.one_of(st.just(""), grouping()))


@st.composite
def call(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    ranged = draw(st.booleans())
    if ranged:
        name = draw(st.sampled_from(["rate", "avg_over_time", "deriv"]))
        return f"{name}({draw(range_vector(vectors))})"
    name = draw(st.sampled_from(["abs", "sort", "absent", "round", "timestamp"]))
    return f"{name}({draw(vectors)})"


@st.composite
def operation(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    op = draw(st.sampled_from(["+", "-", "*", "/", "%", "^", "atan2", "==", "<", "> bool"]))
    matching = draw(st.sampled_from(["", " on(a)", " ignoring(a, b)", " on(a) group_left(b)"]))
    if draw(st.booleans()):
        op, matching = draw(st.sampled_from(["and", "or", "unless"])), matching.partition(" g")[0]
    return f"{draw(vectors)} {op}{matching} {draw(vectors)}"


def _wrapped(vectors: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        vectors.map(lambda text: f"({text})"),
        vectors.map(lambda text: f"-{text}"),
        aggregation(vectors),
        call(vectors),
        operation(vectors),
        operation(vectors),
    )


expressions = st.recursive(
    st.one_of(modified(selector()), selector(), st.just("vector(1)")), _wrapped, max_leaves=6
)
"""Well-formed instant vectors, a few levels deep."""

_PIECES = [
    "up", "sum", "by", "rate", "(", ")", "[", "]", "{", "}", ",", "5m", ":", "1", "+", "-", "^",
    "==", "=~", "=", "@", "offset", "bool", "on", "group_left", '"x"', "'", '"', "`", "#", "\n",
    "start()", "inf", "0x", "1e", "\\", "é", "\ud800", "\x00", "and", "topk", " ", "9999999999d",
]  # fmt: skip

soups = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=40).map(" ".join),
    st.lists(st.sampled_from(_PIECES), max_size=60).map("".join),
    st.text(max_size=60),
    st.builds(
        lambda text, at, extra: text[:at] + extra + text[at + 1 :],
        expressions,
        st.integers(0, 200),
        st.sampled_from([*_PIECES, ""]),
    ),
)
"""Mostly malformed."""


@st.composite
def duration(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """Arithmetic of durations that is above zero only by luck; for parsing, not for asking."""
    shape = draw(st.integers(0, 3))
    if shape == 0:
        return f"({draw(inner)})"
    if shape == 1:
        return f"{draw(st.sampled_from(['max_of', 'min_of']))}({draw(inner)}, {draw(inner)})"
    if shape == 2:
        return f"-{draw(inner)}"
    return f"{draw(inner)} {draw(st.sampled_from(['+', '-', '*', '/', '%', '^']))} {draw(inner)}"


_durations = st.recursive(
    st.one_of(_DURATIONS, st.sampled_from(["step()", "range()"])), duration, max_leaves=5
)


@st.composite
def modern_selector(draw: st.DrawFn) -> str:
    """Selectors with what only Prometheus 3 knows."""
    name = draw(st.sampled_from(["up", '{"utf8.name"}', '{"a b", job="x"}', "{le=`1`}"]))
    extended = draw(st.sampled_from(["", " anchored", " smoothed"]))
    offset = f" offset ({draw(_durations)})" if draw(st.booleans()) else ""
    if draw(st.booleans()):
        return f"({name}{extended}{offset})"
    window = f"[{draw(_durations)} + 1d]"
    return f"increase({name}{window}{extended}{offset})"


@st.composite
def filled(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    op = draw(st.sampled_from(["+", "/", ">", "== bool"]))
    fill = draw(
        st.sampled_from(
            ["fill(0)", "fill_left(-1)", "fill_right(1e7)", "fill_left(1) fill_right(NaN)"]
        )
    )
    return f"{draw(vectors)} {op} on(a) {fill} {draw(vectors)}"


modern_expressions = st.recursive(
    st.one_of(expressions, modern_selector()),
    lambda inner: st.one_of(
        filled(inner),
        inner.map(lambda text: f"info({text}, {{data=~'.+'}})"),
        inner.map(lambda text: f'sum by ("host.name") ({text})'),
        inner.map(lambda text: f"({text})[1h:step() * 2]").map(lambda t: f"max_over_time({t})"),
    ),
    max_leaves=4,
)
"""Well-formed instant vectors with the syntax of Prometheus 3."""

_TOKENS = re.compile(r"\"[^\"]*\"|`[^`]*`|'[^']*'|[\w:.]+|\s+|[=!<>]=|=~|!~|.", re.DOTALL)
_WORDS = st.sampled_from(
    [
        "(", ")", "{", "}", "[", "]", ",", "@", "offset", "by", "without", "on", "ignoring",
        "group_left", "group_right", "bool", "and", "or", "unless", "5m", "1", "up", "sum", "rate",
        '"x"', "=", "=~", "!=", "+", "-", "*", "/", "^", "%", "==", "<", ":", "start()", "end()",
        "job", "topk", "atan2", "le", "-1", "[5m]", "[5m:1m]", "1h30m", "0x1f", "count_values",
    ]
)  # fmt: skip


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """An expression of which a token or two are lost, added or replaced."""
    tokens: list[str] = _TOKENS.findall(draw(expressions))
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, max(len(tokens) - 1, 0)))
        kind = draw(st.integers(0, 2))
        if kind == 0:
            tokens.insert(place, draw(_WORDS))
        else:
            tokens[place : place + 1] = [] if kind == 1 else [draw(_WORDS)]
    return draw(st.sampled_from([" ", ""])).join(tokens)


mutations = _mutated().filter(lambda text: not re.search("inf|nan", text, re.IGNORECASE))
"""Nearly well-formed; without the numbers at which another parser's process stops."""
