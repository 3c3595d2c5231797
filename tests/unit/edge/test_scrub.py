"""No planted secret reaches the spool, wherever in an event it lies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.edge.test_envelope import Edge, envelope
from watchkeeper.privacy import FILTERED, Scrubber, ScrubRules

CARD = "4111 1111 1111 1111"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2VjcmV0LXNpZ25hdHVyZQ"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


def frame(**fields: object) -> dict[str, Any]:
    frames = [{"filename": "a.py", "function": "f", "lineno": 1, **fields}]
    return {"exception": {"values": [{"type": "E", "stacktrace": {"frames": frames}}]}}


def crumb(**fields: object) -> dict[str, Any]:
    return {"breadcrumbs": {"values": [{"category": "log", **fields}]}}


def headers(name: str, value: str) -> dict[str, Any]:
    return {"request": {"headers": {name: value}}}


def value(text: str) -> dict[str, Any]:
    return {"exception": {"values": [{"type": "E", "value": text}]}}


# (where, the event, what must not be on disk)
PLANTED: list[tuple[str, dict[str, Any], str]] = [
    ("header authorization", headers("Authorization", "Bearer s3cr3t-value-1"), "s3cr3t-value-1"),
    ("header lower case", headers("authorization", "s3cr3t-value-2"), "s3cr3t-value-2"),
    ("header cookie", headers("Cookie", "sid=s3cr3t-value-3"), "s3cr3t-value-3"),
    ("header set-cookie", headers("Set-Cookie", "a=s3cr3t-value-4"), "s3cr3t-value-4"),
    ("header x-api-key", headers("X-Api-Key", "s3cr3t-value-5"), "s3cr3t-value-5"),
    ("header proxy", headers("Proxy-Authorization", "Basic czNjcjN0Og=="), "czNjcjN0Og=="),
    ("header csrf", headers("X-CSRFToken", "s3cr3t-value-6"), "s3cr3t-value-6"),
    ("header custom token", headers("X-Gitlab-Token", "s3cr3t-value-7"), "s3cr3t-value-7"),
    ("header forwarded for", headers("X-Forwarded-For", "203.0.113.77"), "203.0.113.77"),
    ("header real ip", headers("X-Real-Ip", "203.0.113.78"), "203.0.113.78"),
    ("header pairs", {"request": {"headers": [["Cookie", "s3cr3t-value-8"]]}}, "s3cr3t-value-8"),
    ("header amz", headers("X-Amz-Security-Token", "s3cr3t-value-9"), "s3cr3t-value-9"),
    ("cookies text", {"request": {"cookies": "a=s3cr3t-value-10"}}, "s3cr3t-value-10"),
    ("cookies object", {"request": {"cookies": {"a": "s3cr3t-value-11"}}}, "s3cr3t-value-11"),
    ("cookies pairs", {"request": {"cookies": [["a", "s3cr3t-value-12"]]}}, "s3cr3t-value-12"),
    ("query text", {"request": {"query_string": "a=1&token=s3cr3t13&b=2"}}, "s3cr3t13"),
    ("query pairs", {"request": {"query_string": [["api_key", "s3cr3t14"]]}}, "s3cr3t14"),
    ("query object", {"request": {"query_string": {"sig": "x", "token": "s3cr3t15"}}}, "s3cr3t15"),
    ("url query", {"request": {"url": "https://a.test/x?access_token=s3cr3t16#f"}}, "s3cr3t16"),
    ("url password", {"request": {"url": "https://bob:s3cr3t17@a.test/"}}, "s3cr3t17"),
    ("url encoded brackets", {"request": {"query_string": "u%5Bpassword%5D=s3cr3t18"}}, "s3cr3t18"),
    ("body object", {"request": {"data": {"user": {"password": "s3cr3t19"}}}}, "s3cr3t19"),
    ("body form text", {"request": {"data": "a=1&password=s3cr3t20"}}, "s3cr3t20"),
    ("body json text", {"request": {"data": '{"password": "s3cr3t 21"}'}}, "s3cr3t 21"),
    ("json in json", {"request": {"data": '{"a":"{\\"secret\\":\\"s3cr3t22\\"}"}'}}, "s3cr3t22"),
    ("body list", {"request": {"data": [{"pwd": "s3cr3t23"}]}}, "s3cr3t23"),
    ("body number", {"request": {"data": {"pin": 739_184}}}, "739184"),
    ("body named field", {"request": {"data": [{"name": "cvv", "value": "8391-cvv"}]}}, "8391-cvv"),
    ("env", {"request": {"env": {"AWS_SECRET_ACCESS_KEY": "s3cr3t24"}}}, "s3cr3t24"),
    ("env address", {"request": {"env": {"REMOTE_ADDR": "203.0.113.79"}}}, "203.0.113.79"),
    ("frame variable", frame(vars={"password": "'s3cr3t25'"}), "s3cr3t25"),
    ("frame variable nested", frame(vars={"cfg": {"db": {"passwd": "s3cr3t26"}}}), "s3cr3t26"),
    ("frame variable repr", frame(vars={"kw": "{'api_key': 's3cr3t27', 'a': 1}"}), "s3cr3t27"),
    ("frame variable list", frame(vars={"args": ["token=s3cr3t28"]}), "s3cr3t28"),
    ("frame variable dsn", frame(vars={"url": "'postgresql://u:s3cr3t29@db/x'"}), "s3cr3t29"),
    ("frame source line", frame(context_line='    password = "s3cr3t30"'), "s3cr3t30"),
    ("frame lines before", frame(pre_context=["API_KEY = 's3cr3t31'"]), "s3cr3t31"),
    ("frame lines after", frame(post_context=['{"secret": "s3cr3t32"}']), "s3cr3t32"),
    ("breadcrumb message", crumb(message="login with password=s3cr3t33"), "s3cr3t33"),
    ("breadcrumb data", crumb(data={"token": "s3cr3t34"}), "s3cr3t34"),
    ("breadcrumb url", crumb(data={"url": "https://a.test/?key=1&api_key=s3cr3t35"}), "s3cr3t35"),
    ("breadcrumb sql", crumb(category="query", message="where ssn = 739281"), "739281"),
    ("span sql", {"spans": [{"op": "db.sql", "description": "id = 8472613"}]}, "8472613"),
    ("breadcrumbs as a list", {"breadcrumbs": [{"data": {"secret": "s3cr3t36"}}]}, "s3cr3t36"),
    ("extra", {"extra": {"client_secret": "s3cr3t37"}}, "s3cr3t37"),
    ("extra deep", {"extra": {"a": [{"b": {"refreshToken": "s3cr3t38"}}]}}, "s3cr3t38"),
    ("extra camel case", {"extra": {"privateKey": "s3cr3t39"}}, "s3cr3t39"),
    ("extra object value", {"extra": {"credentials": {"u": "s3cr3t40"}}}, "s3cr3t40"),
    ("extra text", {"extra": {"note": "Authorization: Bearer s3cr3tabcdef41"}}, "s3cr3tabcdef41"),
    ("extra private key", {"extra": {"pem": PEM}}, "MIIEowIBAAKCAQEA"),
    ("context", {"contexts": {"auth0": {"id_token": "s3cr3t42"}}}, "s3cr3t42"),
    ("context text", {"contexts": {"x": {"log": "Cookie: a=1; b=s3cr3t43"}}}, "s3cr3t43"),
    ("tags object", {"tags": {"session_id": "s3cr3t44"}}, "s3cr3t44"),
    ("tags pairs", {"tags": [["auth_token", "s3cr3t45"]]}, "s3cr3t45"),
    ("tags as key and value", {"tags": [{"key": "secret", "value": "s3cr3t46"}]}, "s3cr3t46"),
    ("message", {"message": "failed: secret=s3cr3t47"}, "s3cr3t47"),
    ("logentry", {"logentry": {"formatted": "token: s3cr3t48"}}, "s3cr3t48"),
    ("logentry params", {"logentry": {"params": ["password=s3cr3t49"]}}, "s3cr3t49"),
    ("exception value", value("connect https://u:s3cr3t50@h failed"), "s3cr3t50"),
    ("card in text", value(f"card {CARD} declined"), "1111 1111"),
    ("card without spaces", value("pan=5500005555555559;"), "5500005555555559"),
    ("card as a number", {"extra": {"x": 4_111_111_111_111_111}}, "4111111111111111"),
    ("card of fifteen digits", value("378282246310005"), "378282246310005"),
    ("jwt", value(f"bad credential {JWT}"), "c2VjcmV0LXNpZ25hdHVyZQ"),
    ("stripe key", value("key sk_" + "live_51HxAbCdEfGh"), "51HxAbCdEfGh"),
    ("github token", value("push with gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a"), "16C7e42F"),
    ("aws key id", value("AKIA" + "IOSFODNN7EXAMPLE is not valid"), "IOSFODNN7EXAMPLE"),
    ("slack token", value("xox" + "b-123456789012-abcdef"), "123456789012-abcdef"),
    ("our own token", value("wkt_" + "a1b2c3d4e5f6a7b8c9d0"), "a1b2c3d4e5f6a7b8c9d0"),
    ("basic in text", value("sent Basic dXNlcjpzM2NyM3Q="), "dXNlcjpzM2NyM3Q="),
    ("e-mail in text", value("no user ann.lee+x@example.co.uk"), "ann.lee"),
    ("user e-mail", {"user": {"id": "1", "email": "ann@example.com"}}, "ann@example.com"),
    ("user address", {"user": {"id": "1", "ip_address": "203.0.113.80"}}, "203.0.113.80"),
    ("name of a field", {"extra": {"ann@example.com": 1}}, "ann@example.com"),
    ("transaction name", {"transaction": "/reset?token=s3cr3t51"}, "s3cr3t51"),
    ("thread frames", {"threads": {"values": [{"stacktrace": {"frames": [
        {"vars": {"secret_key": "s3cr3t52"}}]}}]}}, "s3cr3t52"),
    ("unknown field", {"something": {"new": {"passphrase": "s3cr3t53"}}}, "s3cr3t53"),
    ("server name", {"server_name": "redis://:s3cr3t54@cache:6379"}, "s3cr3t54"),
]  # fmt: skip


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    fresh = Edge(tmp_path)
    yield fresh
    fresh.world.spool.close()


@pytest.mark.parametrize(("event", "secret"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED])
async def test_a_planted_secret_is_not_on_disk(
    edge: Edge, event: dict[str, Any], secret: str
) -> None:
    assert secret in orjson.dumps(event).decode().replace("\\\\", "\\")
    assert (await edge.post(envelope(("event", orjson.dumps(event))))).status == 200
    (kept,) = edge.world.events()
    assert secret.encode() not in edge.world.spool_bytes()
    assert kept["_scrubbed"][0]["rule"]


def escaped(content: object) -> str:
    """JSON whose every string is written in escapes."""
    if isinstance(content, str):
        return '"' + "".join(f"\\u{ord(character):04x}" for character in content) + '"'
    if isinstance(content, dict):
        return "{" + ",".join(f"{escaped(k)}:{escaped(v)}" for k, v in content.items()) + "}"
    if isinstance(content, list):
        return "[" + ",".join(map(escaped, content)) + "]"
    return orjson.dumps(content).decode()


async def test_writing_a_secret_in_escapes_does_not_hide_it(edge: Edge) -> None:
    for _, event, _ in PLANTED:
        await edge.post(envelope(("event", escaped(event).encode())))
    content = edge.world.spool_bytes().decode("latin-1")
    assert [name for name, _, secret in PLANTED if secret in content] == []
    assert len(edge.world.events()) == len(PLANTED)


INNOCENT: list[dict[str, Any]] = [
    value("Unexpected token } in JSON at position 4"),
    value("author: John, tokens_used=5, basic functionality of the author page"),
    value("order 4111111111111112 at 1795224000123 took 1795224000123456789"),
    frame(vars={"author": "'Ann'", "total": "12345678", "key": "'name'"}),
    frame(context_line="    password = form['password']", function="get_token"),
    {"request": {"url": "https://a.test/orders/12345678?page=2", "method": "GET"}},
    crumb(category="http", message="GET /orders/12345678"),
    {"modules": {"secretstorage": "3.3.1", "pyjwt": "2.8.0"}, "sdk": {"name": "sentry.python"}},
    {"contexts": {"trace": {"trace_id": "9ec79c33ec9942ab8353589fcb2e04dc"}}},
    {"user": {"id": "u-1", "username": "ann"}, "tags": {"release": "1.2.3", "env": "prod"}},
    value("connection to 10.0.0.5:5432 refused"),
]


@pytest.mark.parametrize("event", INNOCENT)
def test_what_is_no_secret_stays(event: dict[str, Any]) -> None:
    assert Scrubber().scrub_event(orjson.loads(orjson.dumps(event))) == event


def test_the_event_tells_what_was_hidden_where() -> None:
    event: dict[str, Any] = {"request": {"headers": {"Cookie": "a=b"}}, "message": "x@example.com"}
    scrubbed: Any = Scrubber().scrub_event(event)
    assert scrubbed["request"]["headers"]["Cookie"] == FILTERED
    notes = {(note["path"], note["rule"]) for note in scrubbed["_scrubbed"]}
    assert notes == {("message", "email"), ("request.headers.Cookie", "secret_name")}


def test_the_notes_are_bounded_and_cannot_be_forged() -> None:
    event: Any = {"extra": {f"password_{n}": "x" for n in range(200)}, "_scrubbed": ["forged"]}
    scrubbed: Any = Scrubber().scrub_event(event)
    assert len(scrubbed["_scrubbed"]) == 50
    assert "forged" not in scrubbed["_scrubbed"]


def test_a_project_may_keep_addresses_and_name_its_own_fields() -> None:
    options = ScrubRules(
        keep_emails=True, keep_user_ip=True, deny_names=("Patient-No",), allow_names=("session",)
    )
    event: Any = {
        "user": {"email": "a@example.com", "ip_address": "203.0.113.9"},
        "extra": {"patient_no": "p1", "session": "s1"},
    }
    scrubbed: Any = Scrubber(options).scrub_event(event)
    assert scrubbed["user"] == {"email": "a@example.com", "ip_address": "203.0.113.9"}
    assert scrubbed["extra"] == {"patient_no": FILTERED, "session": "s1"}


def test_people_without_id_stay_apart_by_a_salted_one() -> None:
    def user_id(salt: bytes, email: str) -> str:
        event: Any = {"user": {"email": email}}
        scrubbed: Any = Scrubber(ScrubRules(salt=salt)).scrub_event(event)
        return str(scrubbed["user"]["id"])

    assert user_id(b"a", "x@example.com") == user_id(b"a", "x@example.com")
    assert user_id(b"a", "x@example.com") != user_id(b"a", "y@example.com")
    assert user_id(b"a", "x@example.com") != user_id(b"b", "x@example.com")


def test_hostile_text_takes_linear_time() -> None:
    scrubber = Scrubber()
    texts = ["a" * 200_000, "password" * 25_000, "a=" * 100_000, "1 " * 100_000, "@" * 200_000,
             "://" * 66_000, "'" * 200_000, "password='" + "\\" * 200_000,
             "-----BEGIN PRIVATE KEY-----" * 7_000, "bearer " * 28_000, "a.b@" * 50_000,
             "password=\\\"" * 18_000, "cookie:" * 28_000]  # fmt: skip
    for text in texts:
        start = time.perf_counter()
        scrubber.scrub_text(text)
        assert time.perf_counter() - start < 2, text[:20]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('["run", "--password", "hunter2"]', '["run", "--password", [Filtered]]'),
        ('["--token","--verbose","x"]', '["--token","--verbose","x"]'),
        ("['--name', 'shop', '--password', 'a b']", "['--name', 'shop', '--password', [Filtered]]"),
    ],
)
def test_arguments_written_as_a_list_hide_what_follows_a_secret_flag(text: str, kept: str) -> None:
    assert Scrubber().scrub_text(text) == kept
