"""What is right by the rules of the language and still likely to surprise its author."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.alerting.rules.types import Rule, RuleFile
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import METRIC_NAME, Scope
from watchkeeper.query.promql import (
    Matcher,
    MatchOp,
    RateLimit,
    Selector,
    SeriesSource,
    format_float,
    parse,
    rate_limits,
    selectors_of,
)

_WRITTEN_BY_RULES = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_MANY_VALUES = 8


class HintLevel(StrEnum):
    """warning: the rule probably does not do what was meant. info: good to know."""

    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One remark on a rule. line: of the rule in its file, 1 is the first."""

    level: HintLevel
    rule: str
    line: int
    message: str


def lint_rates(file: RuleFile) -> list[Hint]:
    """Per-second rates that are compared with a number, said in units that people think in."""
    return [
        _hint(rule, *_rate_remark(limit))
        for rule in _rules(file)
        for limit in rate_limits(parse(rule.expr))
    ]


def _rate_remark(limit: RateLimit) -> tuple[HintLevel, str]:
    number = format_float(limit.limit)
    amounts = f"{number} per second is {_amount(limit.limit * 3600)} an hour"
    if limit.op in {">", ">="} and 0 < limit.limit < 1:
        return (
            HintLevel.WARNING,
            f"{limit.metric} per second is compared with {number}, which looks like a share: "
            f"{amounts}. For a share, divide by the rate of all requests.",
        )
    return HintLevel.INFO, f"{limit.metric} {limit.op} {number}: {amounts}."


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3g}"


def lint_selectors(
    file: RuleFile, scope: Scope, source: SeriesSource, *, now_ms: int
) -> list[Hint]:
    """Selectors that found no series in the last day, with what is there instead."""
    look = _Look(scope, source, now_ms)
    recorded = {rule.name for rule in _rules(file)} | _WRITTEN_BY_RULES
    return [
        _hint(rule, HintLevel.WARNING, message)
        for rule in _rules(file)
        for selector in _demanded(rule)
        if selector.name not in recorded and (message := look.remark(selector))
    ]


def _demanded(rule: Rule) -> Iterator[Selector]:
    """Selectors of a rule, each once; a rule about absence expects to find nothing."""
    expr = parse(rule.expr)
    if "absent" in rule.expr:
        return
    seen: set[tuple[Matcher, ...]] = set()
    for selector in selectors_of(expr):
        if selector.matchers not in seen:
            seen.add(selector.matchers)
            yield selector


class _Look:
    """Asks the source what one selector would find, and why not."""

    def __init__(self, scope: Scope, source: SeriesSource, now_ms: int) -> None:
        self._scope, self._source = scope, source
        self._span = {"start_ms": now_ms - DAY_MS, "end_ms": now_ms}
        self._names: list[str] | None = None

    def remark(self, selector: Selector) -> str:
        """Why the selector finds nothing, as a sentence; "" if it finds something."""
        if self._values(METRIC_NAME, selector.matchers):
            return ""
        name = selector.name
        if not name:
            return "A selector without a metric name selects no series of the last day."
        if not self._values(METRIC_NAME, (Matcher(METRIC_NAME, MatchOp.EQUAL, name),)):
            return f"{name} selects no series of the last day: no such metric.{self._near(name)}"
        return f"{name} selects no series of the last day: {self._unmatched(selector)}"

    def _near(self, name: str) -> str:
        if self._names is None:
            self._names = self._values(METRIC_NAME, ())
        close = difflib.get_close_matches(name, self._names, n=3, cutoff=0.55)
        return f" Did you mean {' or '.join(close)}?" if close else ""

    def _unmatched(self, selector: Selector) -> str:
        named = Matcher(METRIC_NAME, MatchOp.EQUAL, selector.name)
        for matcher in selector.matchers:
            if matcher.name == METRIC_NAME or self._values(METRIC_NAME, (named, matcher)):
                continue
            values = self._values(matcher.name, (named,))
            if not values:
                return f"it has no label {matcher.name}."
            shown = ", ".join(values[:_MANY_VALUES])
            more = ", …" if len(values) > _MANY_VALUES else ""
            return f'no {matcher.name}{matcher.op.value}"{matcher.value}"; there are {shown}{more}.'
        return "no series satisfies all its matchers at once."

    def _values(self, label: str, matchers: tuple[Matcher, ...]) -> list[str]:
        sets = (matchers,) if matchers else ()
        return self._source.label_values(self._scope, label, sets, **self._span)


def _rules(file: RuleFile) -> Iterator[Rule]:
    return (rule for group in file.groups for rule in group.rules)


def _hint(rule: Rule, level: HintLevel, message: str) -> Hint:
    return Hint(level=level, rule=rule.name, line=rule.line, message=message)
