"""Random PromQL: well-formed expressions, and soups of its tokens."""

from __future__ import annotations

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
