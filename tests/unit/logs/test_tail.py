"""The live tail shows each line once, also those that come late into the store."""

from __future__ import annotations

from tests.unit.logs.conftest import NOW_MS, Shelf, line
from watchkeeper.logs import ASKED, Batch, Tail, parse_search
from watchkeeper.logs.tail import LINES_A_BATCH, OVERLAP_MS


def look(shelf: Shelf, tail: Tail, now_ms: int, query: str = "") -> Batch:
    since_ms, until_ms = tail.window(now_ms)
    found = shelf.searches.arrived(
        parse_search(query), since_ms=since_ms, until_ms=until_ms, limit=ASKED
    )
    return tail.take(found, now_ms)


def bodies(batch: Batch) -> list[str]:
    return [each.body for each in batch.lines]


def test_each_line_is_shown_once_and_in_order(shelf: Shelf) -> None:
    tail = Tail(NOW_MS)
    shelf.put(line("before"), received_ms=NOW_MS - 1)
    shelf.put(line("one"), line("two"), received_ms=NOW_MS + 100)

    assert sorted(bodies(look(shelf, tail, NOW_MS + 200))) == ["one", "two"]
    shelf.put(line("late"), received_ms=NOW_MS + 50)
    shelf.put(line("three"), received_ms=NOW_MS + 300)
    assert bodies(look(shelf, tail, NOW_MS + 400)) == ["late", "three"]
    assert bodies(look(shelf, tail, NOW_MS + 500)) == []


def test_equal_lines_are_shown_as_often_as_they_came(shelf: Shelf) -> None:
    tail = Tail(NOW_MS)
    shelf.put(line("same"), line("same"), received_ms=NOW_MS)
    assert bodies(look(shelf, tail, NOW_MS)) == ["same", "same"]
    shelf.put(line("same"), received_ms=NOW_MS)

    assert bodies(look(shelf, tail, NOW_MS + 1)) == ["same"]


def test_the_filter_is_applied_here(shelf: Shelf) -> None:
    shelf.put(line("wanted", severity="error"), line("other"), received_ms=NOW_MS)

    assert bodies(look(shelf, Tail(NOW_MS), NOW_MS, "level:error")) == ["wanted"]


def test_a_flood_is_cut_and_memory_is_bounded(shelf: Shelf) -> None:
    tail = Tail(NOW_MS)
    shelf.put(*(line(f"n {n}") for n in range(LINES_A_BATCH + 7)), received_ms=NOW_MS)

    batch = look(shelf, tail, NOW_MS + 1_000)

    assert (len(batch.lines), batch.skipped) == (LINES_A_BATCH, 7)
    assert batch.rate == LINES_A_BATCH + 7
    look(shelf, tail, NOW_MS + 2 * OVERLAP_MS)
    assert not tail._shown
