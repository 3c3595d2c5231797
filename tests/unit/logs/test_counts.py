"""Histograms, facets, patterns and completion, on the real engine."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.logs.conftest import LAST_HOUR, NOW_MS, Shelf, line
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.logs import (
    Always,
    CountBounds,
    Facet,
    LogCounts,
    attribute_field,
    completions,
    field_named,
    parse_search,
)
from watchkeeper.model import TimeRange


def facet(shelf: Shelf, name: str, query: str = "") -> Facet:
    field = field_named(name)
    assert field is not None
    (found,) = shelf.counts.facets(LAST_HOUR, parse_search(query), [field], limit=10)
    return found


def test_a_histogram_counts_by_severity_and_time_from_minutes_or_lines(shelf: Shelf) -> None:
    shelf.put(*(line(f"slow {n}", n * MINUTE_MS, severity="error") for n in range(30)))
    shelf.put(*(line("ok", 90_000, severity="info") for _ in range(5)))

    for query, expected in (("", 35), ("level:error", 30), ("slow", 30), ("slow 7", 1)):
        found = shelf.counts.histogram(LAST_HOUR, parse_search(query), buckets=60)
        assert found.total == expected, query
        assert found.is_exact
        assert len(found.times_ms) == len(found.by_severity["error"])
        assert all(at % found.step_ms == 0 for at in found.times_ms)
    at = (NOW_MS - 7 * MINUTE_MS - found.times_ms[0]) // found.step_ms
    assert found.by_severity["error"][at] == 1


def test_a_short_range_has_buckets_of_seconds(shelf: Shelf) -> None:
    shelf.put(line("a", 1_500), line("b", 500))

    found = shelf.counts.histogram(TimeRange(NOW_MS - 10 * SECOND_MS, NOW_MS), Always(), buckets=10)

    assert (found.step_ms, found.total) == (SECOND_MS, 2)
    assert found.by_severity["info"][-2:] == [1, 1]


def test_older_words_of_severity_stand_on_the_same_scale(shelf: Shelf) -> None:
    shelf.put(line("a", severity="warning"), line("b", severity="critical"))

    found = shelf.counts.histogram(LAST_HOUR, Always(), buckets=10)

    assert sum(found.by_severity["warn"]) == sum(found.by_severity["fatal"]) == 1
    assert sorted(shelf.bodies("level:>=warn")) == ["a", "b"]


def test_a_search_too_wide_to_count_is_counted_in_a_sample(shelf: Shelf) -> None:
    shelf.put(*(line(f"tick {n}", n * 100) for n in range(30_000)))
    bounds = CountBounds(most_rows=20_000, sampled_rows=15_000)

    found = LogCounts(shelf.columns, shelf.scope, bounds).histogram(
        LAST_HOUR, parse_search("tick"), buckets=30
    )

    assert not found.is_exact
    assert found.total == pytest.approx(30_000, rel=0.1)


_LEVELS = ("debug", "info", "warn", "error", "fatal")


@pytest.mark.parametrize("hours", [2, 5, 30])
def test_roll_ups_by_hour_and_minute_count_every_line_of_a_range_once(
    shelf: Shelf, hours: int
) -> None:
    lines = [
        line(f"l{n}", n * 7 * MINUTE_MS, service=f"s{n % 3}", severity=_LEVELS[n % 5])
        for n in range(300)
    ]
    shelf.put(*lines)
    field = field_named("service")
    assert field is not None

    for end_ms in (NOW_MS, NOW_MS - 17 * MINUTE_MS, NOW_MS - 3 * HOUR_MS):
        span = TimeRange(end_ms - hours * HOUR_MS - 11 * MINUTE_MS, end_ms)
        within = [each for each in lines if span.start_ms <= each.ts_ms < span.end_ms]
        (found,) = shelf.counts.facets(span, parse_search("level:>=warn"), [field], limit=5)
        loud = [each for each in within if each.severity in ("warn", "error", "fatal")]
        assert dict(found.values) == Counter(each.service for each in loud)

        drawn = shelf.counts.histogram(span, Always(), buckets=2)
        aligned = TimeRange(drawn.times_ms[0], drawn.times_ms[-1] + drawn.step_ms)
        held = [each for each in lines if aligned.start_ms <= each.ts_ms < aligned.end_ms]
        assert (drawn.total, drawn.is_exact) == (len(held), True)


def test_facets_of_too_many_lines_are_of_a_sample_that_says_what_it_stands_for(
    shelf: Shelf,
) -> None:
    regions = ("eu", "eu", "eu", "us", "ap")
    shelf.put(
        *(
            line(f"tick {n}", n * 110, attributes={"region": regions[n * 7 % 5]})
            for n in range(30_000)
        )
    )
    bounds = CountBounds(facet_rows=4_000, facet_lines=(6_000, 12_000))
    field = attribute_field("region")
    assert field is not None

    for query in ("tick", "*ick*"):
        (found,) = LogCounts(shelf.columns, shelf.scope, bounds).facets(
            LAST_HOUR, parse_search(query), [field], limit=10
        )
        assert not found.is_exact
        assert found.one_in > 1.5
        assert 500 < found.counted < 20_000
        assert found.counted * found.one_in == pytest.approx(30_000, rel=0.15)
        shares = {value: lines / found.counted for value, lines in found.values}
        assert shares == pytest.approx({"eu": 0.6, "us": 0.2, "ap": 0.2}, abs=0.03)


def test_a_sample_grows_where_few_lines_of_it_match(shelf: Shelf) -> None:
    shelf.put(*(line(f"odd {n}" if n % 50 else "even", n * 110) for n in range(30_000)))
    bounds = CountBounds(facet_rows=4_000, facet_lines=(3_000, 24_000))
    field = field_named("service")
    assert field is not None

    (found,) = LogCounts(shelf.columns, shelf.scope, bounds).facets(
        LAST_HOUR, parse_search("even"), [field], limit=10
    )

    assert found.one_in < 2
    assert found.counted * found.one_in == pytest.approx(600, rel=0.2)


def test_facets_of_roll_ups_are_exact_and_empty_values_are_told(shelf: Shelf) -> None:
    shelf.put(line("a", host="web-1"), line("b", host="web-1"), line("c"))

    found = facet(shelf, "host")

    assert list(found.values) == [("web-1", 2), ("", 1)]
    assert (found.counted, found.is_exact) == (3, True)


def test_facets_of_a_search_and_of_attributes(shelf: Shelf) -> None:
    shelf.put(
        line("paid now", attributes={"region": "eu"}, severity="error"),
        line("paid then", attributes={"region": "eu"}),
        line("paid never", attributes={"region": "us"}),
        line("other", attributes={"region": "us", "extra": "1"}),
    )

    assert list(facet(shelf, "attr.region", "paid").values) == [("eu", 2), ("us", 1)]
    assert list(facet(shelf, "level", "paid").values) == [("info", 2), ("error", 1)]
    assert shelf.counts.attributes(LAST_HOUR, Always(), limit=5) == [("region", 4), ("extra", 1)]


def test_lines_that_differ_in_numbers_and_names_are_one_pattern(shelf: Shelf) -> None:
    for number, name in enumerate(("ann", "bob", "eve", "joe")):
        shelf.put(
            line(f"user {name} logged in from 10.0.0.{number} in {number} ms", number * 1_000)
        )
    shelf.put(line("disk full", severity="fatal"), line("disk full", HOUR_MS // 2))

    found = shelf.patterns.of(LAST_HOUR, Always(), limit=10)

    assert [each.template for each in found.patterns] == [
        "user <*> logged in from <*> in <*> ms",
        "disk full",
    ]
    first, second = found.patterns
    assert (first.lines, len(first.ids), sum(first.spark)) == (4, 4, 4)
    assert first.example is not None
    assert first.example.body.startswith("user ann")
    assert second.by_severity == {"fatal": 1, "info": 1}
    assert (found.total, found.counted) == (6, 6)


def test_the_same_line_has_the_same_pattern_everywhere(shelf: Shelf) -> None:
    other = Shelf(shelf.columns, shelf.project_id + 40_000)
    for each in (shelf, other):
        each.put(line("took 7 ms"))
    mine, theirs = (each.patterns.of(LAST_HOUR, Always(), limit=1) for each in (shelf, other))

    assert mine.patterns[0].ids == theirs.patterns[0].ids
    assert shelf.bodies(f"pattern:{mine.patterns[0].ids[0]:016x}") == ["took 7 ms"]


def test_patterns_of_a_search_and_what_is_new(shelf: Shelf) -> None:
    shelf.put(line("retry 1 of 3", 50 * MINUTE_MS), line("retry 2 of 3"), line("gave up", 5))

    found = shelf.patterns.of(
        TimeRange(NOW_MS - 10 * MINUTE_MS, NOW_MS + 1), parse_search("retry"), limit=5
    )

    (only,) = found.patterns
    assert (only.lines, only.first_ms) == (1, NOW_MS - 50 * MINUTE_MS)


def options(shelf: Shelf, text: str, position: int | None = None) -> list[str]:
    at = len(text) if position is None else position
    found = completions(shelf.counts, LAST_HOUR, text, at)
    return [f"{text[: found.start]}{each.insert}{text[found.end :]}" for each in found.options]


def test_completion_knows_fields_and_the_values_that_are_there(shelf: Shelf) -> None:
    shelf.put(
        line("a", service="api", attributes={"http.route": "/cart"}),
        line("b", service="api gateway"),
    )

    assert "service:" in options(shelf, "ser")
    assert options(shelf, "service:") == ["service:api", 'service:"api gateway"']
    assert options(shelf, "x -service:gate") == ['x -service:"api gateway"']
    assert options(shelf, "level:>=w") == ["level:>=warn"]
    assert "attr.http.route:" in options(shelf, "rou")
    assert options(shelf, "attr.http.route:") == ["attr.http.route:/cart"]
    assert "x OR " in options(shelf, "x O")
    assert options(shelf, "service:a y", 9) == ["service:api y", 'service:"api gateway" y']
