"""What bad input gets at the public port, and what browsers are told of each answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import cramjam
import httpx
import pytest

from bench.server import Server
from tests.e2e.eventually import eventually

EMAIL, PASSWORD = "mara@example.com", "correct horse battery"
UNKNOWN = "f" * 32
MIB = 2**20


@dataclass
class Door:
    """A running server and what its two tenants were given."""

    server: Server
    acme: dict[str, Any]
    rival: dict[str, Any]
    http: httpx.Client
    cookies: httpx.Cookies

    @property
    def project(self) -> int:
        return int(self.acme["project_id"])

    def send(
        self, body: bytes, *, key: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """An envelope, as a Sentry SDK posts it."""
        auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"}
        path = f"/api/{self.project}/envelope/"
        return self.http.post(path, content=body, headers={**auth, **(headers or {})})

    def write(self, *, key: str) -> httpx.Response:
        """An empty remote write request."""
        packed = bytes(cramjam.snappy.compress_raw(b""))
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        return self.http.post("/api/v1/write", content=packed, headers=headers)

    def api(self, path: str, *, token: str) -> httpx.Response:
        return self.http.get(path, headers={"Authorization": f"Bearer {token}"})

    def counted(self, reason: str) -> float:
        """Refusals of that reason, as Data health shows them to a person."""
        with signed_in(self) as browser:
            answer = browser.get("/api/wk/orgs/acme/data-health")
        assert answer.status_code == 200, answer.text
        drops = answer.json()["drops"]
        return sum(float(each["count"]) for each in drops if each["reason"] == reason)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    server = Server(tmp_path_factory.mktemp("refusals") / "data")
    acme, rival = server.setup(), server.setup(org="rival", project="api")
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            yield Door(server, acme, rival, client, sign_in(server))
    finally:
        server.kill()


def sign_in(server: Server) -> httpx.Cookies:
    """The cookies of a person who has signed in. Logins are limited: once a module is enough."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        answer = client.post("/api/wk/session", json={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return client.cookies


def envelope(event: str = '{"message":"hello"}') -> bytes:
    header = json.dumps({"event_id": uuid4().hex})
    return f'{header}\n{{"type":"event"}}\n{event}\n'.encode()


def code(answer: httpx.Response) -> str:
    """The code of a refusal; it always comes with a sentence."""
    error = answer.json()["error"]
    assert error["message"].endswith("."), error
    return str(error["code"])


def test_an_unknown_key_is_refused_counted_and_shown(door: Door) -> None:
    answer = door.send(envelope(), key=UNKNOWN)

    assert (answer.status_code, code(answer)) == (403, "unknown_key")
    assert "not known" in answer.headers["x-sentry-error"]
    eventually(lambda: door.counted("unknown_key") >= 1, within_s=40, what="its count")


def test_no_key_at_all_is_401(door: Door) -> None:
    answer = door.http.post(f"/api/{door.project}/envelope/", content=envelope())

    assert (answer.status_code, code(answer)) == (401, "unknown_key")


def test_a_key_writes_to_its_own_project_only(door: Door) -> None:
    answer = door.send(envelope(), key=door.rival["ingest_key"])

    assert (answer.status_code, code(answer)) == (403, "wrong_project")
    rejections = eventually(
        lambda: [
            each
            for each in door.api(
                f"/api/wk/projects/{door.rival['project_id']}/setup",
                token=door.rival["api_token"],
            ).json()["rejections"]
            if each["reason"] == "wrong_project"
        ],
        within_s=10,
        what="the refusal on the setup page of the key's owner",
    )
    assert rejections[0]["status"] == 403


def test_a_body_over_the_limit_is_413_with_the_limit(door: Door) -> None:
    answer = door.send(b"x" * (20 * MIB + 1), key=door.acme["ingest_key"])

    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert answer.json()["error"]["limit_bytes"] == 20 * MIB


def test_an_event_over_the_limit_is_413_with_the_limit(door: Door) -> None:
    event = json.dumps({"message": "x" * MIB})

    answer = door.send(envelope(event), key=door.acme["ingest_key"])

    assert (answer.status_code, answer.json()["error"]["limit_bytes"]) == (413, MIB)


def test_a_body_of_the_json_api_over_the_limit_is_413(door: Door) -> None:
    answer = door.http.post("/api/wk/session", content=b" " * (16 * MIB + 1))

    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert f"{16 * MIB:,}" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"{not json\n", 0),
        (b'{}\n{"type":"event"}\n{"message": oops}\n', 32),
        (b'{}\n{"type":\n{}\n', 3),
    ],
)
def test_a_malformed_envelope_is_400_with_the_position(
    door: Door, body: bytes, position: int
) -> None:
    answer = door.send(body, key=door.acme["ingest_key"])

    assert (answer.status_code, code(answer)) == (400, "malformed")
    assert answer.json()["error"]["position"] == position


def test_malformed_remote_write_names_the_byte(door: Door) -> None:
    answer = door.http.post(
        "/api/v1/write",
        content=b"\xff\xff\xff\xff",
        headers={"Authorization": f"Bearer {door.acme['server_key']}"},
    )

    assert answer.status_code == 400
    assert answer.text == "malformed: At byte 0: The body is not a snappy block.\n"


def test_a_public_key_cannot_write_metrics(door: Door) -> None:
    refused = door.write(key=door.acme["ingest_key"])
    taken = door.write(key=door.acme["server_key"])

    assert (refused.status_code, taken.status_code) == (403, 204)
    assert "server key" in refused.text


def test_a_change_by_cookie_wants_the_csrf_token(door: Door) -> None:
    with signed_in(door) as browser:
        path = f"/api/wk/projects/{door.project}/keys"
        body = {"kind": "public", "label": "by a foreign page"}
        token = browser.get("/api/wk/session").json()["csrf_token"]

        without = browser.post(path, json=body)
        wrong = browser.post(path, json=body, headers={"X-CSRF-Token": token[::-1]})
        query = browser.post(f"/p/{door.project}/api/v1/query", data={"query": "1"})
        right = browser.post(path, json=body, headers={"X-CSRF-Token": token})

    assert [without.status_code, wrong.status_code, query.status_code] == [403, 403, 403]
    assert code(without) == "csrf"
    assert right.status_code in {200, 201}


def test_another_tenants_project_is_not_there(door: Door) -> None:
    theirs = int(door.rival["project_id"])
    paths = [
        f"/api/wk/projects/{theirs}/issues",
        f"/api/wk/projects/{theirs}/home",
        f"/api/wk/projects/{theirs}/keys",
        "/api/wk/orgs/rival/members",
    ]

    answers = [door.api(path, token=door.acme["api_token"]) for path in paths]
    query = door.api(f"/p/{theirs}/api/v1/query?query=up", token=door.acme["api_token"])

    assert [each.status_code for each in answers] == [404] * len(paths)
    assert query.status_code == 404
    nowhere = door.api("/api/wk/projects/99999/issues", token=door.acme["api_token"])
    assert answers[0].text.replace(f"project {theirs}.", "project 99999.") == nowhere.text


def test_ingest_keys_read_nothing(door: Door) -> None:
    for key in (door.acme["ingest_key"], door.acme["server_key"]):
        answer = door.api(f"/api/wk/projects/{door.project}/issues", token=key)
        assert answer.status_code == 401


def test_ingest_ignores_cookies_and_gives_none(door: Door) -> None:
    with signed_in(door) as browser:
        path = f"/api/{door.project}/envelope/"
        by_cookie = browser.post(path, content=envelope())
    by_key = door.send(envelope(), key=door.acme["ingest_key"])

    assert (by_cookie.status_code, by_key.status_code) == (401, 200)
    assert "set-cookie" not in by_key.headers


def test_browsers_of_any_origin_may_send_but_not_read(door: Door) -> None:
    origin = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}

    preflight = door.http.options(f"/api/{door.project}/envelope/", headers=origin)
    sent = door.send(envelope(), key=door.acme["ingest_key"], headers=origin)
    read = door.http.get("/api/wk/session", headers=origin)

    assert preflight.status_code in {200, 204}
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "x-sentry-auth" in preflight.headers["access-control-allow-headers"]
    assert sent.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in sent.headers
    assert not [name for name in read.headers if name.startswith("access-control")]


def test_pages_carry_a_policy_that_runs_own_scripts_only(door: Door) -> None:
    first, second = door.http.get("/login"), door.http.get("/login")

    policy = dict(
        part.strip().partition(" ")[::2]
        for part in first.headers["content-security-policy"].split(";")
    )
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in policy["style-src"]
    assert "nonce-" in policy["style-src"]
    assert first.headers["content-security-policy"] != second.headers["content-security-policy"]
    assert "<script>" not in first.text


@pytest.mark.parametrize("path", ["/login", "/api/wk/session", "/api/health", "/nowhere"])
def test_every_answer_limits_what_a_browser_may_do_with_it(door: Door, path: str) -> None:
    headers = door.http.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in headers
    assert headers["x-request-id"]


def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(door: Door) -> None:
    answer = door.http.post("/api/wk/session", json={"email": EMAIL, "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    door.http.cookies.clear()


def test_an_unknown_address_is_a_clear_404(door: Door) -> None:
    for path in ("/api/wk/nothing", "/api/v2/alerts"):
        answer = door.http.get(path)
        assert answer.status_code == 404, path
        assert code(answer)


@contextmanager
def signed_in(door: Door) -> Iterator[httpx.Client]:
    """A browser's client with the session cookie of a person."""
    with httpx.Client(base_url=door.server.url, timeout=30, cookies=door.cookies) as client:
        yield client
