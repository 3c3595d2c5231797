"""Durations, schedules and strict YAML, which scraping and rules stand on."""

from __future__ import annotations

import pytest

from watchkeeper.lib.backoff import backoff_ms
from watchkeeper.lib.durations import format_duration, parse_duration_ms
from watchkeeper.lib.schedule import Schedule, next_slot_ms
from watchkeeper.lib.yaml_fields import YamlError, read_fields


@pytest.mark.parametrize(
    ("text", "ms", "shown"),
    [
        ("0", 0, "0s"),
        ("15s", 15_000, "15s"),
        ("1h30m", 5_400_000, "1h30m"),
        ("90m", 5_400_000, "1h30m"),
        ("500ms", 500, "500ms"),
        ("1d12h", 129_600_000, "1d12h"),
        ("2w", 1_209_600_000, "2w"),
        ("1y", 31_536_000_000, "1y"),
    ],
)
def test_a_duration_is_read_and_shown(text: str, ms: int, shown: str) -> None:
    assert (parse_duration_ms(text), format_duration(ms)) == (ms, shown)


@pytest.mark.parametrize("text", ["", "5", "s", "1m1h", "5 m", "-5m", "1.5h", "5S", "9" * 30 + "y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration_ms(text)


def test_slots_are_an_offset_past_the_interval() -> None:
    assert [next_slot_ms(now, 10, 3) for now in (0, 3, 4, 13)] == [3, 3, 13, 13]


def test_a_schedule_gives_each_slot_once_and_skips_what_was_missed() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.put("a", interval_ms=10, offset_ms=3, now_ms=0)
    schedule.put("b", interval_ms=20, offset_ms=5, now_ms=0)
    assert schedule.due(2) == []
    assert schedule.due(5) == [("a", 3), ("b", 5)]
    assert schedule.due(5) == []
    assert schedule.due(48) == [("a", 43), ("b", 45)]
    assert schedule.next_due_ms() == 53


def test_a_changed_rhythm_replaces_the_old_one_and_a_removed_key_is_gone() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.put("a", interval_ms=10, offset_ms=0, now_ms=1)
    schedule.put("a", interval_ms=10, offset_ms=5, now_ms=1)
    assert schedule.due(20) == [("a", 15)]
    schedule.remove("a")
    assert (schedule.due(99), schedule.next_due_ms()) == ([], None)


def test_backoff_doubles_up_to_its_largest() -> None:
    waits = [backoff_ms(n, first_ms=10, largest_ms=100) for n in (1, 2, 3, 4, 5, 500)]
    assert waits == [10, 20, 40, 80, 100, 100]


@pytest.mark.parametrize(
    "source",
    ["a: *nope", "a: b: c", "a: 1\na: 2", "- 1", "? [a]\n: 1", "\t", "a: &x [*x]", "{" * 200],
)
def test_what_is_no_plain_yaml_mapping_is_refused(source: str) -> None:
    with pytest.raises(YamlError):
        read_fields(source)


def test_aliases_that_multiply_cost_nothing() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    fields = read_fields(f"l0: &l0 [x]\n{levels}\n")
    with pytest.raises(YamlError, match="single value"):
        fields.texts("l29")


def test_merge_keys_fill_in_what_is_not_set() -> None:
    fields = read_fields("base: &b {a: 1, b: 2}\nuse: {<<: *b, a: 9}\n").section("use")
    assert fields is not None
    assert (fields.text("a"), fields.text("b")) == ("9", "2")
