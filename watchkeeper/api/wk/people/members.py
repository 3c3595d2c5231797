"""Members of an organisation."""

from __future__ import annotations

from pydantic import Field

from watchkeeper.access import Member
from watchkeeper.api.auth import Caller, RoomsHere
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, Done, RoleName, example

router = LateRouter(tags=["members"], responses=ERRORS)


class MemberAnswer(Answer):
    """One member. since_ms: when they joined; is_disabled: may not sign in at present."""

    user_id: int
    email: str
    name: str
    role: RoleName
    is_disabled: bool
    since_ms: int


class MembersAnswer(Answer):
    """Everybody in the organisation."""

    members: list[MemberAnswer]


class NewMemberBody(Body):
    """password: for a person who has no account yet; one who has keeps theirs."""

    model_config = example(email="bo@example.com", name="Bo", password="…", role="member")
    email: str = Field(min_length=3, max_length=254)
    name: str = Field(default="", max_length=200)
    password: str | None = Field(default=None, max_length=1024)
    role: RoleName = RoleName.MEMBER


class MemberPatch(Body):
    """The new role."""

    model_config = example(role="admin")
    role: RoleName


@router.get("/orgs/{org}/members")
def list_members(rooms: RoomsHere, caller: Caller, org: str) -> MembersAnswer:
    """Everybody in the organisation."""
    return MembersAnswer(members=[_answer(each) for each in rooms.access.members(caller, org)])


@router.post("/orgs/{org}/members", status_code=201)
def add_member(rooms: RoomsHere, caller: Caller, org: str, body: NewMemberBody) -> MemberAnswer:
    """Add a person. Needs role admin."""
    return _answer(
        rooms.access.add_member(
            caller,
            org,
            email=body.email,
            name=body.name,
            password=body.password,
            role=body.role.rank(),
        )
    )


@router.patch("/orgs/{org}/members/{user_id}")
def change_member(
    rooms: RoomsHere, caller: Caller, org: str, user_id: int, body: MemberPatch
) -> MemberAnswer:
    """Change a member's role. Needs role admin; an owner's needs owner."""
    return _answer(rooms.access.change_role(caller, org, user_id, body.role.rank()))


@router.delete("/orgs/{org}/members/{user_id}")
def remove_member(rooms: RoomsHere, caller: Caller, org: str, user_id: int) -> Done:
    """Remove a member. Needs role admin; the last owner stays."""
    rooms.access.remove_member(caller, org, user_id)
    return Done()


def _answer(member: Member) -> MemberAnswer:
    return MemberAnswer(
        user_id=member.user_id,
        email=member.email,
        name=member.name,
        role=RoleName.of(member.role),
        is_disabled=member.is_disabled,
        since_ms=member.since_ms,
    )
