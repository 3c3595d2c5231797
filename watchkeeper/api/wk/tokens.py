"""API tokens of an organisation."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, RoleName, example

router = APIRouter(tags=["tokens"], responses=ERRORS)


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
def list_tokens(org: str) -> TokensAnswer:
    """Tokens that are not revoked. Needs role admin."""
    raise NotImplementedError


@router.post("/orgs/{org}/tokens", status_code=201)
def create_token(org: str, body: NewTokenBody) -> NewTokenAnswer:
    """Make a token; its secret is in this answer and nowhere else. Needs role admin."""
    raise NotImplementedError


@router.delete("/orgs/{org}/tokens/{token_id}")
def revoke_token(org: str, token_id: int) -> Done:
    """Stop a token at once. Needs role admin."""
    raise NotImplementedError
