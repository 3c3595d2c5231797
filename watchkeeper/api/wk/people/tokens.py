"""API tokens of an organisation."""

from __future__ import annotations

from typing import TypedDict

from pydantic import Field

from watchkeeper.access import ApiToken
from watchkeeper.api.auth import Caller, RoomsHere
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, RoleName, example

router = LateRouter(tags=["tokens"], responses=ERRORS)


class TokenAnswer(Answer):
    """prefix: the first characters, to recognise it. project_id: null reaches every project."""

    id: int
    name: str
    prefix: str
    role: RoleName
    project_id: int | None
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None


class _TokenFacts(TypedDict):
    id: int
    name: str
    prefix: str
    role: RoleName
    project_id: int | None
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None


class TokensAnswer(Answer):
    """The organisation's tokens."""

    tokens: list[TokenAnswer]


class NewTokenAnswer(TokenAnswer):
    """token: the secret, shown this once."""

    token: str


class NewTokenBody(Body):
    """role may not exceed the caller's own."""

    model_config = example(name="Grafana", role="viewer", project_id=1)
    name: str = Field(min_length=1, max_length=200)
    role: RoleName = RoleName.VIEWER
    project_id: int | None = None
    expires_ms: int | None = None


@router.get("/orgs/{org}/tokens")
def list_tokens(rooms: RoomsHere, caller: Caller, org: str) -> TokensAnswer:
    """Tokens that are not revoked: an admin sees all, others their own."""
    return TokensAnswer(
        tokens=[TokenAnswer(**_facts(each)) for each in rooms.access.tokens(caller, org)]
    )


@router.post("/orgs/{org}/tokens", status_code=201)
def create_token(rooms: RoomsHere, caller: Caller, org: str, body: NewTokenBody) -> NewTokenAnswer:
    """Make a token; its secret is in this answer and nowhere else."""
    grant = rooms.access.create_token(
        caller,
        org,
        name=body.name,
        role=body.role.rank(),
        project_id=body.project_id,
        expires_ms=body.expires_ms,
    )
    return NewTokenAnswer(**_facts(grant.token), token=grant.plaintext)


@router.delete("/orgs/{org}/tokens/{token_id}")
def revoke_token(rooms: RoomsHere, caller: Caller, org: str, token_id: int) -> Done:
    """Stop a token at once."""
    rooms.access.revoke_token(caller, org, token_id)
    return Done()


def _facts(token: ApiToken) -> _TokenFacts:
    return {
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "role": RoleName.of(token.role),
        "project_id": token.project_id,
        "created_ms": token.created_ms,
        "expires_ms": token.expires_ms,
        "last_used_ms": token.last_used_ms,
    }
