"""Bodies of the routes of logs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from watchkeeper.api.wk.shapes import Answer, Body, RangeQuery, example

SeverityWord = Literal["trace", "debug", "info", "warn", "error", "fatal"]
FieldName = Literal[
    "level", "service", "environment", "host", "release", "source", "logger", "pattern"
]


class LogFilter(RangeQuery):
    """Which lines. q: the search language of docs/use/logs.md; empty: all. The last hour."""

    q: str = Field(default="", max_length=4_000)


class LogLine(Answer):
    """One line. id: to fetch it and its context. ts_ms and nanos: ns within the ms.

    received_ms: when it was accepted. pattern: 16 hex digits, the same for lines that differ in
    numbers and ids only; for `pattern:` in a search.
    """

    id: str
    project_id: int
    ts_ms: int
    nanos: int
    received_ms: int
    severity: str
    severity_number: int
    service: str
    environment: str
    release: str
    host: str
    source: str
    body: str
    attributes: dict[str, str]
    trace_id: str
    span_id: str
    request_id: str
    user_key: str
    session_id: str
    pattern: str


class LogsAnswer(Answer):
    """A page, newest first (or oldest, as asked). next_cursor null: nothing follows.

    words: what the body was searched for, in lower case, to be marked on the page.
    """

    lines: list[LogLine]
    next_cursor: str | None
    words: list[str]


class LogHistogram(Answer):
    """Lines a bucket and severity; lists are as long as times_ms (starts of buckets, Unix ms).

    is_exact false: counted in a sample of the blocks and scaled up.
    """

    times_ms: list[int]
    step_ms: int
    by_severity: dict[SeverityWord, list[int]]
    total: int
    is_exact: bool


class LogFacetValue(Answer):
    """value "": lines without one. ratio: 0..1 of the lines counted."""

    value: str
    count: int
    ratio: float


class LogFacet(Answer):
    """One field's commonest values. field: as the search language writes it (`attr.region`).

    counted: lines that match and were looked at; counts are of those. is_exact false: those of
    stretches all over the range, one of `sampled_one_in` equal ones; multiply to estimate.
    """

    field: str
    values: list[LogFacetValue]
    counted: int
    is_exact: bool
    sampled_one_in: float


class LogFacetsAnswer(Answer):
    """attributes: keys of attributes that occur, the commonest first, to be asked as `attr.KEY`."""

    facets: list[LogFacet]
    attributes: list[str]


class LogPatternAnswer(Answer):
    """Lines that say the same. ids: of their `pattern`s; search: finds them in the language.

    template: `<*>` stands where they differ. share: 0..1 of the lines in the range. spark: lines in
    24 equal buckets. first_ms: the first of them that is still known. is_new: none before `since`.
    """

    ids: list[str]
    template: str
    lines: int
    share: float
    severity: str
    by_severity: dict[str, int]
    services: list[str]
    spark: list[int]
    first_ms: int
    last_ms: int
    is_new: bool
    example: LogLine | None
    search: str


class LogPatternsAnswer(Answer):
    """Patterns, the commonest first. total: lines in the range. counted: those that were looked at;
    fewer than total: a sample, and `lines` are scaled up. patterns_total: before the limit."""

    patterns: list[LogPatternAnswer]
    total: int
    counted: int
    patterns_total: int
    since_ms: int


class LogContextAnswer(Answer):
    """Lines around one, all in order of time. by: of the same what (service, host, file)."""

    before: list[LogLine]
    line: LogLine
    after: list[LogLine]
    by: dict[str, str]


class LogCompletion(Answer):
    """insert: replaces the text from `start` to `end`. count: lines that have it, if known."""

    label: str
    insert: str
    kind: Literal["field", "value", "operator"]
    detail: str
    count: int | None


class LogCompletionsAnswer(Answer):
    """start, end: the stretch of the query, in characters, that an option replaces."""

    start: int
    end: int
    options: list[LogCompletion]


class LogQueryAnswer(Answer):
    """A saved query. metric: the selector of its counter. matches: counted since it was made.

    counted_ms: up to when. error: why it is not counted at present; empty if it is.
    """

    id: int
    name: str
    q: str
    metric: str
    matches: int
    counted_ms: int
    created_ms: int
    created_by: str
    error: str


class LogQueriesAnswer(Answer):
    """Every saved query of the project. most: how many it may have."""

    queries: list[LogQueryAnswer]
    most: int


class LogQueryBody(Body):
    """name: value of the label `query`; unique in the project."""

    model_config = example(name="checkout-timeouts", q="service:checkout timed out level:>=warn")
    name: str = Field(min_length=1, max_length=100, pattern=r"^[\w.:/ -]+$")
    q: str = Field(min_length=1, max_length=4_000)


class LogTailBatch(Answer):
    """One event `lines` of the tail, in order of arrival. skipped: matched, but not shown, as too
    many came at once; rate: matching lines a second."""

    lines: list[LogLine]
    skipped: int
    rate: float
