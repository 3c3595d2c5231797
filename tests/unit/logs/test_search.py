"""What a search finds, on the real engine."""

from __future__ import annotations

import re

import pytest

from tests.unit.logs.conftest import LAST_HOUR, NOW_MS, Shelf, line
from watchkeeper.lib.clock import MINUTE_MS
from watchkeeper.lib.errors import NotFound
from watchkeeper.lib.search import BadSearch
from watchkeeper.logs import CursorInvalid, LogSearch, Spot, parse_search
from watchkeeper.logs.repo import condition_of
from watchkeeper.model import Role, Scope

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def shop(shelf: Shelf) -> Shelf:
    shelf.put(
        line("GET /cart/7 timed out after 3000 ms", 1_000, severity="error", host="web-1",
             attributes={"http.method": "GET", "duration_ms": "3000", "region": "eu-west"}),
        line("Connection to db-7 was reset", 2_000, severity="warn", host="web-2",
             attributes={"duration_ms": "12.5", "region": "us-east"}, trace_id=TRACE),
        line("user ann logged in", 3_000, service="auth", request_id="r-1", user_key="u7",
             environment="production", release="auth@1.2", source="json"),
        line("cache_size=500 status=200 50% done", 4_000, severity="debug",
             attributes={"note": "a=b*c", "empty": ""}),
        line('Timeout "in quotes" back\\slash Ünïcode', 5_000, severity="fatal"),
    )  # fmt: skip
    return shelf


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 5),
        ("timed out", 1),
        ("TIMED after", 1),
        ('"timed out"', 1),
        ('"out timed"', 0),
        ("time", 0),
        ("time*", 2),
        ("*med", 1),
        ("ti*ut", 1),
        ("-timed", 4),
        ("NOT timed -logged", 3),
        ("timed OR logged", 2),
        ("(timed OR logged) user", 1),
        ("timed OR logged user", 2),
        ("db-7", 1),
        ("db-77", 0),
        ("/cart/7", 1),
        ("/cart", 1),
        ("status=200", 1),
        ("status=20", 0),
        ("50%", 1),
        ("cache", 1),
        ("cache_size", 1),
        ('"\\"in quotes\\""', 1),
        ("Ünïcode", 1),
        ('"back\\\\slash"', 1),
        ("body:imed", 1),
        ("body:*imed*", 1),
        ("level:error", 1),
        ("level:WARNING", 1),
        ("level:>=warn", 3),
        ("level:<info", 1),
        ("-level:>=info", 1),
        ("service:auth", 1),
        ("service:a*", 1),
        ("service:Auth", 0),
        ("service:(auth OR shop)", 5),
        ("service.name:auth", 1),
        ("host:web-*", 2),
        ("host:web-1 OR host:web-2", 2),
        ("-host:web-1", 4),
        ("env:production", 1),
        ("release:auth@1.2", 1),
        ("source:json", 1),
        (f"trace:{TRACE}", 1),
        (f"trace:{TRACE.upper()}", 1),
        ("request:r-1", 1),
        ("attr.request_id:r-1", 1),
        ("user:u7", 1),
        ('user:"id:u7"', 1),
        ("user:u*", 1),
        ("attr.region:eu-west", 1),
        ("@region:eu-west", 1),
        ("attr.region:eu*", 1),
        ("attr.region:*-*", 2),
        ("attr.region:eu_west", 0),
        ('attr.note:"a=b*c"', 1),
        ('attr.empty:""', 1),
        ("attr.duration_ms:>100", 1),
        ("attr.duration_ms:<=12.5", 1),
        ("attr.duration_ms:>1 attr.duration_ms:<100", 1),
        ("-attr.duration_ms:>100", 4),
        ("attr.http.method:GET", 1),
        ("has:attr.region", 2),
        ("-has:attr.region", 3),
        ("has:trace", 1),
        ("attr.region:*", 2),
        ("has:request OR has:user", 1),
        ("nothing of that", 0),
    ],
)
def test_a_search_finds(shop: Shelf, query: str, found: int) -> None:
    assert len(shop.bodies(query)) == found


@pytest.mark.parametrize(
    ("query", "position"),
    [
        ('say "x', 4),
        ("(a b", 0),
        ("a b)", 3),
        ("level:loud", 6),
        ("colour:red", 0),
        ("a OR", 4),
        ("OR a", 0),
        ("service: x", 8),
        ("attr.n:>x", 7),
        ("pattern:zz", 8),
        ("()", 0),
        ("service:(a level:b)", 11),
        ("(" * 30 + "a" + ")" * 30, 20),
        (" ".join("a" * 101), 200),
        ("x" * 4_001, 4_000),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(query: str, position: int) -> None:
    with pytest.raises(BadSearch) as refused:
        parse_search(query)

    assert refused.value.position == position


def test_addresses_times_and_words_with_a_colon_are_text(shelf: Shelf) -> None:
    shelf.put(line("error: no answer from http://db:5432/x at 12:30:05"))

    assert len(shelf.bodies("error: http://db:5432/x 12:30:05")) == 1


def test_pages_follow_each_other_without_gap_or_repetition(shelf: Shelf) -> None:
    shelf.put(*(line(f"line {n}", n // 4 * MINUTE_MS) for n in range(40)))
    shelf.put(*(line("the same", 5 * MINUTE_MS) for _ in range(7)))

    for is_newest_first in (True, False):
        seen: list[tuple[int, str]] = []
        search = LogSearch(range=LAST_HOUR, limit=3, is_newest_first=is_newest_first)
        for _ in range(30):
            page = shelf.searches.page(search)
            seen += [(each.ts_ms, each.body) for each in page.lines]
            if page.after is None:
                break
            search = LogSearch(
                range=LAST_HOUR,
                limit=3,
                is_newest_first=is_newest_first,
                after=Spot.of(str(page.after)),
            )
        assert len(seen) == 47
        assert sum(body == "the same" for _ts, body in seen) == 7
        times = [ts_ms for ts_ms, _body in seen]
        assert times == sorted(times, reverse=is_newest_first)


def test_the_range_is_half_open_and_every_field_comes_back(shelf: Shelf) -> None:
    shelf.put(line("first", 60 * MINUTE_MS), line("before", 60 * MINUTE_MS + 1))
    shelf.put(
        line(
            "full",
            nanos=999_999,
            severity_number=9,
            environment="e",
            release="r",
            host="h",
            request_id="q",
            user_key="u",
            session_id="s",
            source="json",
            trace_id=TRACE,
            span_id="b7ad6b7169203331",
            attributes={"a": "b"},
        )
    )

    assert shelf.bodies() == ["full", "first"]
    found = shelf.searches.page(LogSearch(range=LAST_HOUR)).lines[0]
    assert (found.nanos, found.severity_number, found.attributes) == (999_999, 9, {"a": "b"})
    assert (found.environment, found.release, found.host) == ("e", "r", "h")
    assert (found.request_id, found.user_key, found.session_id) == ("q", "u", "s")
    assert (found.trace_id, found.source, found.received_ms) == (TRACE, "json", NOW_MS)
    assert shelf.searches.line(found.spot) == found


def test_context_is_of_the_same_service_and_host(shelf: Shelf) -> None:
    shelf.put(*(line(f"a{n}", n * 1_000, host="web-1") for n in range(9)))
    shelf.put(*(line(f"b{n}", n * 1_000, host="web-2") for n in range(9)))
    middle = next(
        each for each in shelf.searches.page(LogSearch(range=LAST_HOUR)).lines if each.body == "a4"
    )

    context = shelf.searches.context(middle.spot, before=2, after=3, by=["service", "host"])

    assert [each.body for each in context.before] == ["a6", "a5"]
    assert [each.body for each in context.after] == ["a3", "a2", "a1"]
    assert context.by == {"service": "shop", "host": "web-1"}


def test_a_line_that_is_not_there_is_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        shelf.searches.line(Spot(NOW_MS, 0, 1))


@pytest.mark.parametrize("text", ["", "x", "1-2", "1-2-zz", "-1-0-0", "1-0-0-x", "9" * 30 + "-0-0"])
def test_a_cursor_that_nobody_wrote_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Spot.of(text)


def test_a_trace_is_found_across_the_projects_of_the_scope_and_no_others(shelf: Shelf) -> None:
    other, foreign = (Shelf(shelf.columns, shelf.project_id + n) for n in (10_000, 20_000))
    for each in (shelf, other, foreign):
        each.put(line(f"of {each.project_id}", trace_id="c" * 32))
    wide = Scope(org_id=1, project_ids=(shelf.project_id, other.project_id), role=Role.VIEWER)

    found = type(shelf.searches)(shelf.columns, wide, shelf.clock).related(
        trace_id="C" * 32, request_id="", limit=10
    )

    assert {each.project_id for each in found} == {shelf.project_id, other.project_id}


def test_nothing_of_another_project_is_found(shop: Shelf) -> None:
    other = Shelf(shop.columns, shop.project_id + 30_000)
    spot = shop.searches.page(LogSearch(range=LAST_HOUR)).lines[0].spot

    assert other.bodies() == []
    assert other.bodies(f"timed OR trace:{TRACE} OR service:shop OR -nothing") == []
    with pytest.raises(NotFound):
        other.searches.line(spot)


@pytest.mark.parametrize("query", ["*onnectio*", "conn*tion", "body:nnect", "(*onnectio* db)"])
def test_text_inside_words_is_found_by_an_index(shop: Shelf, query: str) -> None:
    condition = condition_of(parse_search(query))
    sql = f"EXPLAIN indexes = 1 SELECT count() FROM logs WHERE {condition.sql}"
    plan = "\n".join(str(row[0]) for row in shop.columns.rows(sql, condition.params))
    assert "by_trigram" in plan
    assert shop.bodies(query) == ["Connection to db-7 was reset"]


def test_digits_inside_a_number_are_found_and_looked_up(shelf: Shelf) -> None:
    bodies = ["order 94711037 paid", "order 4711 037 paid", "id=x4711037y", "17471103", "none"]
    shelf.put(*(line(body, n * 1_000) for n, body in enumerate(bodies)))

    assert shelf.bodies("*4711037*") == [bodies[0], bodies[2]]
    assert shelf.bodies("body:471103") == [bodies[0], bodies[2], bodies[3]]
    assert shelf.bodies("*711037") == [bodies[0]]
    assert shelf.bodies("-*4711037*") == [bodies[1], bodies[3], bodies[4]]
    assert shelf.bodies("*4711037* OR none") == [bodies[0], bodies[2], bodies[4]]


def test_an_index_rules_out_blocks_without_the_digits(shelf: Shelf) -> None:
    shelf.put(*(line(f"order {900_000_000 + n * 7} paid", n) for n in range(2_000)))

    for digits, blocks in (("900000700", 1), ("123456789", 0)):
        condition = condition_of(parse_search(f"*{digits}*"))
        plan = shelf.columns.rows(
            "EXPLAIN indexes = 1 SELECT 1 FROM logs "
            f"WHERE project_id = {shelf.project_id} AND {condition.sql}",
            condition.params,
        )
        text = " ".join(str(row[0]).strip() for row in plan)
        after = text.split("Name: by_digits")[1]
        assert re.search(rf"Granules: {blocks}/1\b", after), text
