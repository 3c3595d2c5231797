"""Planted secrets, sent by real SDKs and as raw messages: none is in any file of the server."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.e2e.harmless import harmless
from tests.e2e.otel_secrets import MARK as OTEL_MARK
from tests.e2e.otel_secrets import SECRETS as OTEL_SECRETS
from tests.e2e.plain_files import found_in_files, uncompress
from tests.e2e.planted import Message, planted
from watchkeeper.store.columns import EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

_LEAST_KEPT = 0.97
_SENTRY_TYPES = {"event", "transaction", "log", "feedback", "user_report"}
_SDK_SECRETS = [f"sdk90{n:03}secret" for n in range(12)]
_SDK_PROGRAM = textwrap.dedent(
    """
    import logging, os, sys
    import sentry_sdk

    dsn, s = sys.argv[1], sys.stdin.read().split(",")
    os.environ["SHOP_PASSWORD"] = s[0]
    sentry_sdk.init(dsn=dsn, release="shop@1.2.3", traces_sample_rate=1.0,
                    send_default_pii=True, max_request_body_size="always", enable_logs=True)
    sentry_sdk.set_user({"id": "42", "email": f"{s[1]}@example.org"})
    sentry_sdk.set_tag("auth_token", s[2])
    sentry_sdk.set_context("job", {"api_key": s[3]})
    sentry_sdk.set_extra("note", "url https://u:" + s[4] + "@host/")
    sentry_sdk.add_breadcrumb(category="auth", message="password=" + s[5], data={"token": s[6]})
    logging.getLogger("shop").warning("login with secret=%s", s[7])

    class Account:
        def __repr__(self):
            return "Account(password='" + s[8] + "')"

    def charge(password, account, nested):
        raise ValueError("Authorization: Bearer " + s[9])

    with sentry_sdk.start_transaction(op="task", name="charge"):
        with sentry_sdk.start_span(op="http.client", name="GET /?api_key=" + s[10]):
            pass
        try:
            charge(s[11], Account(), {"db": [{"passwd": s[0]}]})
        except ValueError:
            sentry_sdk.capture_exception()
    sentry_sdk.flush(20)
    """
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A stopped server that has taken everything in, and which ways it answered with 2xx."""

    data_dir: Path
    answers: dict[str, set[int]]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    directory = tmp_path_factory.mktemp("scrub")
    server = Server(directory / "data")
    facts = server.setup()
    columns = open_embedded(server.data_dir / "columns", options=EmbeddedOptions())
    columns.migrate()
    uncompress(columns)
    columns.close()
    try:
        server.start()
        answers = _send_all(server, facts)
        _wait_until_stored(server, facts)
        server.stop()
    finally:
        server.kill()
    return Sent(server.data_dir, answers)


def _send_all(server: Server, facts: dict[str, Any]) -> dict[str, set[int]]:
    answers: dict[str, set[int]] = {}
    dsn = str(facts["sentry_dsn"])
    key = httpx.URL(dsn).username
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for message in [*(p.message for p in planted()), *(h.message for h in harmless())]:
            answer = _send(client, message, facts["project_id"], key)
            assert answer.status_code < 500, (message.way, answer.text)
            answers.setdefault(message.way, set()).add(answer.status_code)
        last = Message("event", {"message": "the-last-of-all"})
        command = [sys.executable, "-c", _SDK_PROGRAM, dsn]
        words = ",".join(_SDK_SECRETS).encode()
        subprocess.run(command, check=True, timeout=120, capture_output=True, input=words)
        _send_by_otel(server, str(facts["server_key"]))
        assert _send(client, last, facts["project_id"], key).status_code == 200
    return answers


def _send_by_otel(server: Server, key: str) -> None:
    command = [sys.executable, "-m", "tests.e2e.otel_secrets", server.url, key]
    words = ",".join(OTEL_SECRETS).encode()
    done = subprocess.run(command, check=True, timeout=120, capture_output=True, input=words)
    assert b"Failed to export" not in done.stderr, done.stderr


def _send(client: httpx.Client, message: Message, project: int, key: str) -> httpx.Response:
    auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"}
    if message.way in _SENTRY_TYPES:
        header: dict[str, object] = {"type": message.way}
        if message.way == "log":
            header |= {"item_count": 1, "content_type": "application/vnd.sentry.items.log+json"}
        lines = [{}, header, message.body]
        body = "\n".join(map(json.dumps, lines)).encode()
        return client.post(f"/api/{project}/envelope/", content=body, headers=auth)
    if message.way == "csp":
        return client.post(f"/api/{project}/security/?sentry_key={key}", json=message.body)
    path = {"otlp-traces": "/v1/traces", "otlp-logs": "/v1/logs"}[message.way]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return client.post(path, json=message.body, headers=headers)


def _wait_until_stored(server: Server, facts: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    url = f"{server.url}/api/wk/projects/{facts['project_id']}/issues"

    def is_stored() -> bool:
        answer = httpx.get(url, params={"query": "the-last-of-all"}, headers=headers)
        return "the-last-of-all" in answer.text

    eventually(is_stored, within_s=60, what="the last event being stored")


def test_no_planted_secret_is_in_any_file(sent: Sent) -> None:
    plants = list(planted())
    secrets = [plant.secret for plant in plants] + _SDK_SECRETS + OTEL_SECRETS

    found = found_in_files(sent.data_dir, secrets)

    print(f"planted {len(secrets)}, found {len(found)}")
    assert len(secrets) >= 200
    labels = {plant.secret: f"{plant.kind} in {plant.place}" for plant in plants}
    assert {labels.get(one, one): places for one, places in found.items()} == {}


def test_the_messages_themselves_were_stored(sent: Sent) -> None:
    marks = [
        str(plant.message.body["server_name"])
        for plant in planted()
        if plant.message.way == "event" and "server_name" in plant.message.body
    ]

    assert sent.answers["event"] == {200}
    assert set(marks) - found_in_files(sent.data_dir, marks).keys() == set()


def test_what_opentelemetry_sent_was_stored(sent: Sent) -> None:
    marks = [OTEL_MARK, "otel-shop", "was refused", "logins_total"]

    assert found_in_files(sent.data_dir, marks).keys() == set(marks)


def test_what_only_looks_like_a_secret_is_still_there(sent: Sent) -> None:
    cases = list(harmless())
    words = [json.dumps(case.text)[1:-1] for case in cases]

    kept = len(found_in_files(sent.data_dir, words))

    print(f"harmless {len(cases)}, kept {kept} ({100 * kept / len(cases):.1f} %)")
    assert len(cases) >= 200
    assert kept >= len(cases) * _LEAST_KEPT
