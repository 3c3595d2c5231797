"""Members of an organisation."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, RoleName, example

router = APIRouter(tags=["members"], responses=ERRORS)


class MemberAnswer(Answer):
    """One member."""

    user_id: int
    email: str
    name: str
    role: RoleName
    created_ms: int


class MembersAnswer(Answer):
    """Everybody in the organisation."""

    members: list[MemberAnswer]


class NewMemberBody(Body):
    """password: for a person who has no account yet; one who has keeps theirs."""

    model_config = example(email="bo@example.com", name="Bo", password="…", role="member")
    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=200)
    password: str | None = Field(default=None, max_length=1024)
    role: RoleName = RoleName.MEMBER


class MemberPatch(Body):
    """The new role."""

    model_config = example(role="admin")
    role: RoleName


@router.get("/orgs/{org}/members")
def list_members(org: str) -> MembersAnswer:
    """Everybody in the organisation."""
    raise NotImplementedError


@router.post("/orgs/{org}/members", status_code=201)
def add_member(org: str, body: NewMemberBody) -> MemberAnswer:
    """Add a person. Needs role admin."""
    raise NotImplementedError


@router.patch("/orgs/{org}/members/{user_id}")
def change_member(org: str, user_id: int, body: MemberPatch) -> MemberAnswer:
    """Change a member's role. Needs role admin; an owner's needs owner."""
    raise NotImplementedError


@router.delete("/orgs/{org}/members/{user_id}")
def remove_member(org: str, user_id: int) -> Done:
    """Remove a member. Needs role admin; the last owner stays."""
    raise NotImplementedError
