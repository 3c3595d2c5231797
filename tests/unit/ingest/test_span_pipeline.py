"""What becomes of a span that a protocol has read."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from watchkeeper.ingest import Cut, SpanRow
from watchkeeper.ingest.pipeline import (
    SentSpan,
    SpanEvent,
    SpanOrigin,
    finish_span,
    origin_of_resource,
    sanitised,
    template_of,
)
from watchkeeper.privacy import Scrubber

_ORIGIN = SpanOrigin(service="shop", environment="production", source="otlp")


def _sent(**fields: object) -> SentSpan:
    plain: dict[str, object] = {
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": "b7ad6b7169203331",
        "parent_id": "a7ad6b7169203331",
        "ts_ns": 1_795_224_000_000_000_000,
        "duration_ns": 12_500_000,
        "name": "work",
        "kind": "internal",
    }
    return SentSpan(**{**plain, **fields})  # type: ignore[arg-type]


def _finished(*, cuts: Counter[Cut] | None = None, **fields: object) -> SpanRow:
    counted: Counter[Cut] = Counter() if cuts is None else cuts
    return finish_span(_sent(**fields), _ORIGIN, scrubber=Scrubber(), cuts=counted)


@pytest.mark.parametrize(
    "attributes",
    [
        {"http.method": "GET", "http.target": "/users/42?page=2", "http.status_code": "503"},
        {
            "http.request.method": "GET",
            "url.path": "/users/42",
            "http.response.status_code": "503",
        },
    ],
)
def test_old_and_new_names_of_http_tell_the_same(attributes: dict[str, str]) -> None:
    row = _finished(kind="server", name="GET /users/42", attributes=attributes)

    assert (row.http_method, row.http_status, row.route) == ("GET", 503, "/users/{id}")
    assert (row.op, row.status, row.is_entry) == ("http.server", "error", True)
    assert row.name == "GET /users/{id}"


def test_the_route_that_was_sent_wins_over_a_template_of_the_path() -> None:
    row = _finished(
        kind="server",
        attributes={"http.route": "/u/:name", "url.path": "/u/ada", "http.method": "GET"},
    )

    assert row.route == "/u/:name"


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [("server", "404", "unset"), ("client", "404", "error"), ("client", "200", "unset")],
)
def test_a_client_fails_at_400_and_a_server_at_500(kind: str, status: str, expected: str) -> None:
    row = _finished(kind=kind, attributes={"http.method": "GET", "http.status_code": status})

    assert row.status == expected


def test_a_status_that_was_sent_is_kept() -> None:
    row = _finished(kind="server", status="ok", attributes={"http.status_code": "500"})

    assert row.status == "ok"


def test_a_statement_loses_its_literals_and_is_kept_once() -> None:
    row = _finished(
        kind="client",
        name="SELECT shop",
        attributes={
            "db.system": "postgresql",
            "db.statement": "SELECT *\n FROM orders_20241231 WHERE mail = 'a@b.se' AND n IN (1, 2)",
        },
    )

    assert row.statement == "SELECT * FROM orders_XXXX WHERE mail = ? AND n IN (?)"
    assert (row.op, row.db_system) == ("db", "postgresql")
    assert "db.statement" not in row.attributes


def test_a_query_that_is_the_name_is_sanitised_there_too() -> None:
    query = "SELECT * FROM users WHERE name = 'Ada'"
    row = _finished(kind="", op="db.sql.query", name=query)

    assert row.name == row.statement == "SELECT * FROM users WHERE name = ?"
    assert row.kind == "client"


def test_sentrys_description_of_a_request_tells_method_and_path() -> None:
    row = _finished(kind="", op="http.client", name="GET https://api.example.com/v2/users/7?a=1")

    assert (row.http_method, row.route, row.kind) == ("GET", "/v2/users/{id}", "client")
    assert row.name == "GET https://api.example.com/v2/users/{id}"


def test_secrets_are_gone_from_attributes_events_and_messages() -> None:
    row = _finished(
        status_message="password=hunter2",
        attributes={"http.request.header.authorization": "Bearer s3cr3tvalue"},
        events=[SpanEvent(ts_ns=1, name="exception", attributes={"api_key": "abcdef123"})],
    )

    told = json.dumps([row.status_message, row.attributes, row.events])
    assert not any(secret in told for secret in ("hunter2", "s3cr3tvalue", "abcdef123"))


def test_a_session_and_a_user_have_their_fields() -> None:
    row = _finished(attributes={"session.id": "s-1", "enduser.id": "ada"})

    assert (row.session_id, row.user_key) == ("s-1", "id:ada")


def test_what_exceeds_the_bounds_is_cut_and_counted() -> None:
    cuts: Counter[Cut] = Counter()
    attributes = {f"k{number}": "x" for number in range(130)} | {"k0": "y" * 5_000}

    row = _finished(cuts=cuts, attributes=attributes)

    assert len(row.attributes) == 128
    assert row.attributes["k0"].endswith("…")
    assert cuts == {Cut.ATTRIBUTES: 2, Cut.TEXTS: 1}


def test_a_resource_tells_service_environment_release_and_host() -> None:
    origin = origin_of_resource(
        {
            "service.name": "shop",
            "service.version": "1.2.3",
            "deployment.environment": "staging",
            "host.name": "web-1",
            "service.namespace": "eu",
        },
        scrubber=Scrubber(),
        source="otlp",
    )

    assert origin == SpanOrigin(
        service="shop",
        release="1.2.3",
        environment="staging",
        host="web-1",
        attributes={"service.namespace": "eu"},
        source="otlp",
    )


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("", "/"),
        ("/api/v2/lessons", "/api/v2/lessons"),
        ("/api/lessons/42/", "/api/lessons/{id}/"),
        ("/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301?x=1", "/u/{id}"),
        ("/o/507f1f77bcf86cd799439011", "/o/{id}"),
        ("/s/app.4f3c2b1a9d.js", "/s/app.4f3c2b1a9d.js"),
        ("/img/1234.png", "/img/{id}.png"),
        ("/d/2024-12-31", "/d/{id}"),
        ("/c/cus_9s6XKzkNRiz8i3", "/c/{id}"),
        ("/t/V1StGXR8Z5jdHi6BmyT7", "/t/{id}"),
        ("/how-to-cook-an-egg", "/how-to-cook-an-egg"),
        ("/users/:id", "/users/:id"),
        ("/users/ada@example.com", "/users/{id}"),
        ("/deadbeef", "/deadbeef"),
        (
            "/" + "/".join("abcdefghijklmnopqrstuvwxyz"),
            "/" + "/".join("abcdefghijklmnopqrs") + "/*",
        ),
    ],
)
def test_paths_become_templates(path: str, template: str) -> None:
    assert template_of(path) == template


@pytest.mark.parametrize(
    ("system", "statement", "expected"),
    [
        ("postgresql", "SELECT 'C:\\' || x, 'secret'", "SELECT ? || x, ?"),
        ("mysql", "SELECT 'it\\'s' , \"secret\"", "SELECT ? , ?"),
        ("postgresql", 'SELECT "Name" FROM t WHERE a = $1', 'SELECT "Name" FROM t WHERE a = $1'),
        ("", "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (?)"),
        ("", "SELECT 1 -- by ada\nFROM t /* traceparent='x' */", "SELECT ? FROM t"),
        ("", "SELECT 'never closed", "SELECT ?"),
        ("postgresql", "SELECT $tag$secret$tag$", "SELECT ?"),
        ("redis", "set user:17 secret", "SET ? ?"),
        ("mongodb", '{"find": "users", "filter": {"n": 5}}', '{"find": ?, "filter": {"n": ?}}'),
    ],
)
def test_statements_lose_their_literals(system: str, statement: str, expected: str) -> None:
    assert sanitised(statement, system) == expected
