"""No route of the OpenAPI document answers another tenant, or anybody who is not signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import PASSWORD, World
from watchkeeper.api.document import openapi_document

DOCUMENT = openapi_document()
OPEN_TO_ALL = {"get_session", "login", "logout", "check_first_run", "complete_first_run"}
STREAMS = {"stream_live", "tail_logs"}
"""They do not end by themselves."""


@dataclass(frozen=True)
class Operation:
    """One method of one path, and a body that its model accepts."""

    name: str
    method: str
    path: str
    body: dict[str, Any] | None

    def url(self, world: World) -> str:
        """The address of acme's thing."""
        values = {
            "project_id": world.acme.project_id,
            "org": world.acme.org_slug,
            "user_id": world.acme.user_id,
            "key_id": 1, "token_id": 1, "channel_id": 1,
            "short_id": "WEB-1", "file": "shop", "which": "latest",
            "metric": "up", "trace_id": "0" * 32, "span_id": "0" * 16, "profile_id": "0" * 32,
            "version": "shop@1.0", "event_id": "a" * 32, "number": 0, "line_id": "1-0-0",
            "query_id": 1, "comment_id": 1, "search_id": 1, "key": "plan", "slug": "nightly",
        }  # fmt: skip
        return self.path.format(**values)


def body_of(operation: dict[str, Any]) -> dict[str, Any] | None:
    if "requestBody" not in operation:
        return None
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    example: dict[str, Any] = schema["examples"][0]
    return example


OPERATIONS = [
    Operation(operation["operationId"], method.upper(), path, body_of(operation))
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
GUARDED = [each for each in OPERATIONS if each.name not in OPEN_TO_ALL]
OF_A_TENANT = [each for each in GUARDED if "{" in each.path]


def by_name(operation: Operation) -> str:
    return operation.name


async def call(client: httpx.AsyncClient, operation: Operation, world: World) -> httpx.Response:
    body = operation.body
    if body and "project_id" in body:
        body = {**body, "project_id": world.acme.project_id}
    return await client.request(operation.method, operation.url(world), json=body)


@pytest.mark.parametrize("operation", OF_A_TENANT, ids=by_name)
async def test_another_tenant_learns_nothing(
    operation: Operation, world: World, rival: httpx.AsyncClient
) -> None:
    answer = await call(rival, operation, world)

    assert answer.status_code in {403, 404}
    assert answer.json()["error"]["message"].startswith(
        ("There is no project", "There is no org", "There is no trace")
    )


@pytest.mark.parametrize(
    "operation", [each for each in OF_A_TENANT if each.name not in STREAMS], ids=by_name
)
async def test_the_same_call_reaches_its_handler_for_the_owner(
    operation: Operation, world: World, owner: httpx.AsyncClient
) -> None:
    answer = await call(owner, operation, world)

    assert answer.status_code < 500
    assert answer.status_code not in {401, 403, 405}
    assert not answer.text.startswith('{"error":{"code":"not_found","message":"There is no project')


@pytest.mark.parametrize("operation", GUARDED, ids=by_name)
async def test_nobody_is_let_in_without_a_credential(
    operation: Operation, world: World, anybody: httpx.AsyncClient
) -> None:
    answer = await call(anybody, operation, world)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "operation", [each for each in GUARDED if each.method != "GET"], ids=by_name
)
async def test_the_cookie_alone_changes_nothing(
    operation: Operation, world: World, anybody: httpx.AsyncClient
) -> None:
    signed_in = await anybody.post(
        "/api/wk/session", json={"email": "ada@acme.example", "password": PASSWORD}
    )
    assert signed_in.status_code == 200

    answer = await call(anybody, operation, world)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "csrf"


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [each.name for each in OPERATIONS]

    assert sorted(names) == sorted(set(names))
