"""Series descriptions: `name{l="v"} 1+2x3 _ stale {{schema:0}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.model import METRIC_NAME, Buckets, Histogram, Labels, ResetHint, labels_of
from watchkeeper.query.promql import STALE_NAN, MatchOp, parse_duration_ms
from watchkeeper.query.promql.histograms import added, subtracted
from watchkeeper.query.promql.literals import parse_number
from watchkeeper.query.promql.parser import parse_series

_HISTOGRAM = re.compile(r"\{\{.*?\}\}")
_NUMBER = r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9.]+(?:[eE][+-]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN])"
_RUN = re.compile(rf"({_NUMBER})(?:([+-])({_NUMBER}))?x([0-9]+)")
_HIST_RUN = re.compile(r"H(?:([+-])H)?x([0-9]+)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


Item = float | Histogram | None
"""A value, a histogram, or no sample."""


@dataclass(frozen=True, slots=True)
class Described:
    """One series line.

    starts_ms: start timestamps relative to each sample, None for unknown. hints: of each item,
    whether it says what is known of counter resets.
    """

    labels: Labels
    items: list[Item]
    text: str
    starts_ms: tuple[int | None, ...] = ()
    hints: tuple[bool, ...] = ()


def split_series(line: str) -> tuple[str, str]:
    """The metric and the items of a line; braces may hold spaces and quotes."""
    position, depth = 0, 0
    while position < len(line):
        quoted = _QUOTED.match(line, position)
        if quoted is not None:
            position = quoted.end()
            continue
        character = line[position]
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0 and (character == "}" or character.isspace()):
            cut = position + (character == "}")
            rest = line[cut:].lstrip()
            if character == "}" or not rest.startswith("{") or rest.startswith("{{"):
                return line[:cut], rest
        position += 1
    return line, ""


def parse_labels(text: str) -> Labels:
    """The label set of a series; `{}` is the empty one."""
    if text.replace(" ", "") == "{}":
        return ()
    node = parse_series(text)
    if any(matcher.op is not MatchOp.EQUAL for matcher in node.matchers):
        raise ValueError(f"only equality describes a series: {text}")
    return labels_of({m.name or METRIC_NAME: m.value for m in node.matchers})


def parse_items(text: str) -> tuple[list[Item], tuple[bool, ...]]:
    """All samples of a line, runs written out, and whether each has a counter reset hint."""
    items: list[Item] = []
    hints: list[bool] = []
    histograms = iter(_HISTOGRAM.findall(text))
    for word in _HISTOGRAM.sub("H", text).split():
        is_histogram = word.startswith("H")
        run, hinted = _histogram_run(word, histograms) if is_histogram else (_expand(word), False)
        items.extend(run)
        hints.extend([hinted] * len(run))
    return items, tuple(hints)


def _histogram_run(word: str, texts: Iterator[str]) -> tuple[list[Item], bool]:
    """`H`, `HxN`, `H+HxN`: the histograms of a word, taken off the front; the last one's hint."""
    text = next(texts)
    current = parse_histogram(text)
    items: list[Item] = [current]
    run = _HIST_RUN.fullmatch(word)
    sign, count = run.groups() if run is not None else (None, "0")
    if sign:
        text = next(texts)
    change = parse_histogram(text)
    for _ in range(int(count)):
        if sign:
            current = (added if sign == "+" else subtracted)(current, change).total()
        items.append(current)
    return items, "counter_reset_hint" in text


def parse_histogram(text: str) -> Histogram:
    """`{{schema:0 sum:5 buckets:[1 2]}}` as a sample."""
    given = {key: value for key, value in _FIELD.findall(text.strip("{}"))}
    return Histogram(
        schema=int(given.get("schema", "0")),
        count=_field(given, "count"),
        sum=_field(given, "sum"),
        zero_threshold=_field(given, "z_bucket_w"),
        zero_count=_field(given, "z_bucket"),
        positive=_buckets(given, "buckets", "offset"),
        negative=_buckets(given, "n_buckets", "n_offset"),
        custom_bounds=_numbers(given.get("custom_values", "")),
        reset_hint=ResetHint[given.get("counter_reset_hint", "unknown").upper()],
    )


_FIELD = re.compile(r"(\w+):\s*(\[[^\]]*\]|\S+)")


def _field(given: dict[str, str], key: str) -> float:
    return _number(given.get(key, "0"))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(_number(word) for word in text.strip("[]").split())


def _buckets(given: dict[str, str], counts_key: str, offset_key: str) -> Buckets:
    counts = _numbers(given.get(counts_key, ""))
    offset = int(given.get(offset_key, "0"))
    return Buckets(tuple(range(offset, offset + len(counts))), counts)


def _expand(word: str) -> list[Item]:
    if word.startswith("_"):
        return [None] * (int(word[2:]) if word.startswith("_x") else 1)
    if word == "stale":
        return [STALE_NAN]
    run = _RUN.fullmatch(word)
    if run is None:
        return [_number(word)]
    first, sign, step, count = run.groups()
    change = 0.0 if step is None else _number(step) * (-1 if sign == "-" else 1)
    values: list[Item] = [value := _number(first)]
    for _ in range(int(count)):
        value += change
        values.append(value)
    return values


def _number(text: str) -> float:
    sign = -1.0 if text.startswith("-") else 1.0
    return sign * parse_number(text.lstrip("+-"))


_OFFSET = re.compile(r"([+-]?[0-9][0-9a-z]*?)(?:([+-][0-9][0-9a-z]*?))?(?:x([0-9]+))?")


def parse_starts(text: str) -> tuple[int | None, ...]:
    """The start timestamps of an `@st` line, in ms relative to the samples; runs written out."""
    starts: list[int | None] = []
    for word in text.split():
        if word.startswith("_"):
            starts.extend([None] * (int(word[2:]) if word.startswith("_x") else 1))
            continue
        run = _OFFSET.fullmatch(word)
        if run is None:
            raise ValueError(f"no start timestamp: {word}")
        first, change, count = run.groups()
        step_ms = 0 if change is None else _signed_ms(change)
        starts.extend(_signed_ms(first) + i * step_ms for i in range(int(count or 0) + 1))
    return tuple(starts)


def _signed_ms(text: str) -> int:
    return parse_duration_ms(text.lstrip("+-")) * (-1 if text.startswith("-") else 1)


def parse_described(line: str) -> Described:
    """One series line, as a load or an expectation has it."""
    metric, text = split_series(line)
    items, hints = parse_items(text)
    return Described(parse_labels(metric), items, line, hints=hints)
