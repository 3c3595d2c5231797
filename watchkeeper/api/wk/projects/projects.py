"""Projects."""

from __future__ import annotations

from pydantic import Field

from watchkeeper.api.auth import Caller, RoomsHere
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.people import ProjectAnswer, project_answer
from watchkeeper.api.wk.shapes import ERRORS, Body, example
from watchkeeper.issues import GROUPING_VERSIONS
from watchkeeper.lib.errors import Invalid

router = LateRouter(tags=["projects"], responses=ERRORS)


class NewProjectBody(Body):
    """timezone: an IANA name; its days are the project's days."""

    model_config = example(name="Shop", timezone="Europe/Berlin")
    name: str = Field(min_length=1, max_length=200)
    timezone: str = Field(default="UTC", max_length=64)


class ProjectPatch(Body):
    """Fields that are left out stay as they are.

    grouping_version: 1 by the whole path of own calls, 2 by the innermost place and its line of
    source, 3 the same but messages by their text. From then on what no issue knows is grouped by
    it; an issue that is there goes on taking its events, so that none splits.
    """

    model_config = example(name="Web shop", grouping_version=3)
    name: str | None = Field(default=None, min_length=1, max_length=200)
    timezone: str | None = Field(default=None, max_length=64)
    grouping_version: int | None = None


@router.post("/orgs/{org}/projects", status_code=201)
def create_project(
    rooms: RoomsHere, caller: Caller, org: str, body: NewProjectBody
) -> ProjectAnswer:
    """Make a project with a public and a server key. Needs role admin."""
    return project_answer(
        rooms.access.create_project(caller, org, name=body.name, timezone=body.timezone)
    )


@router.get("/projects/{project_id}")
def get_project(rooms: RoomsHere, caller: Caller, project_id: int) -> ProjectAnswer:
    """One project."""
    return project_answer(rooms.access.project(caller, project_id))


@router.patch("/projects/{project_id}")
def change_project(
    rooms: RoomsHere, caller: Caller, project_id: int, body: ProjectPatch
) -> ProjectAnswer:
    """Rename a project, move its time zone or choose how errors are grouped. Needs role admin."""
    version = body.grouping_version
    if version is not None and version not in GROUPING_VERSIONS:
        known = ", ".join(map(str, GROUPING_VERSIONS))
        raise Invalid(f"grouping_version: this server knows {known}.")
    return project_answer(
        rooms.access.update_project(
            caller,
            project_id,
            name=body.name,
            timezone=body.timezone,
            grouping_version=version,
        )
    )
