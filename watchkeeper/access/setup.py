"""One call that gives a working project: organisation, person, project, keys, API token."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from sqlalchemy import Connection

from watchkeeper.access.keys import Keys
from watchkeeper.access.names import clean_email, clean_name, clean_timezone, org_slug_of, slug_of
from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import credentials, keys, people, tenants
from watchkeeper.access.secret import derived_api_token, digest
from watchkeeper.access.types import KeyKind, SetupResult
from watchkeeper.access.users import Users
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Role

OPERATOR = Principal(user_id=None, email="operator:setup", is_platform_admin=True)
TOKEN_NAME = "setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The checked inputs of a setup. password_hash None: the person is there already."""

    email: str
    person: str
    password_hash: str | None
    org: str
    org_slug: str
    project: str
    project_slug: str
    timezone: str


class Setup(Keys, Users):
    """What an operator with a shell may do without a session."""

    def setup(
        self,
        *,
        email: str,
        password: str,
        org: str,
        project: str,
        name: str = "",
        timezone: str = "UTC",
    ) -> SetupResult:
        """Find or make the person, organisation and project; returns working credentials.

        Idempotent: the same inputs give the same ids, keys and API token, whether the server runs
        or not. Names are matched by their slug. The password counts only if the person is new; the
        first person ever becomes platform admin. A setup token that was revoked stays revoked and
        another takes its place. Raises Invalid.
        """
        with self._meta.read() as conn:
            is_new = people.user_by_email(conn, clean_email(email)) is None
        wanted = self._wanted(
            email=email,
            password_hash=self._passwords.hash(password) if is_new else None,
            name=name,
            org=org,
            project=project,
            timezone=timezone,
        )
        with self._meta.write() as conn:
            return self._set_up(conn, OPERATOR, wanted)

    def _wanted(
        self,
        *,
        email: str,
        password_hash: str | None,
        name: str,
        org: str,
        project: str,
        timezone: str,
    ) -> Wanted:
        email = clean_email(email)
        org = clean_name(org, "organisation")
        project = clean_name(project, "project")
        return Wanted(
            email=email,
            person=clean_name(name or email.partition("@")[0], "name"),
            password_hash=password_hash,
            org=org,
            org_slug=org_slug_of(org),
            project=project,
            project_slug=slug_of(project, "project"),
            timezone=clean_timezone(timezone),
        )

    def _set_up(self, conn: Connection, actor: Principal, wanted: Wanted) -> SetupResult:
        user_id = self._ensure_user(conn, actor, wanted)
        org_id = self._ensure_org(conn, actor, wanted, user_id)
        project_id = self._ensure_project(conn, actor, wanted, org_id)
        return SetupResult(
            user_id=user_id,
            org_id=org_id,
            org_slug=wanted.org_slug,
            project_id=project_id,
            project_slug=wanted.project_slug,
            public_key=self._ensure_key(conn, actor, org_id, project_id, KeyKind.PUBLIC),
            server_key=self._ensure_key(conn, actor, org_id, project_id, KeyKind.SERVER),
            api_token=self._ensure_token(conn, actor, org_id, project_id),
        )

    def _ensure_user(self, conn: Connection, actor: Principal, wanted: Wanted) -> int:
        found = people.user_by_email(conn, wanted.email)
        if found is not None:
            return int(found.id)
        if wanted.password_hash is None:
            raise Invalid(f"The user {wanted.email} was removed meanwhile; try again.")
        user = self._add_user(
            conn,
            actor,
            email=wanted.email,
            name=wanted.person,
            password_hash=wanted.password_hash,
            is_platform_admin=not people.has_platform_admin(conn),
        )
        return user.id

    def _ensure_org(self, conn: Connection, actor: Principal, wanted: Wanted, user_id: int) -> int:
        found = tenants.org_by_slug(conn, wanted.org_slug)
        if found is None:
            org_id = self._add_org(conn, actor, slug=wanted.org_slug, name=wanted.org)
        else:
            org_id = int(found.id)
        if people.role_of(conn, org_id, user_id) is None:
            self._own(conn, actor, org_id, user_id, wanted.email)
        return org_id

    def _ensure_project(
        self, conn: Connection, actor: Principal, wanted: Wanted, org_id: int
    ) -> int:
        found = tenants.project_by_slug(conn, org_id, wanted.project_slug)
        if found is not None:
            return int(found.id)
        made = self._add_project(
            conn,
            actor,
            org_id,
            slug=wanted.project_slug,
            name=wanted.project,
            timezone=wanted.timezone,
        )
        return made.id

    def _ensure_key(
        self, conn: Connection, actor: Principal, org_id: int, project_id: int, kind: KeyKind
    ) -> str:
        """The oldest key of this kind that is switched on; a new one if there is none."""
        for key in keys.of_project(conn, project_id):
            if key.kind is kind and key.enabled:
                return key.key
        return self._add_key(conn, actor, org_id, project_id, kind, label="setup").key

    def _ensure_token(
        self, conn: Connection, actor: Principal, org_id: int, project_id: int
    ) -> str:
        """The project's setup token. It is derived, not stored, so that it can be printed again."""
        for generation in count():
            plaintext = derived_api_token(self._secret, f"{project_id}:{generation}")
            row = credentials.token_state(conn, digest(plaintext))
            if row is None:
                self._add_setup_token(conn, actor, org_id, project_id, plaintext)
                return plaintext
            if row.revoked_ms is None:
                return plaintext
        raise AssertionError("count() never ends")

    def _add_setup_token(
        self, conn: Connection, actor: Principal, org_id: int, project_id: int, plaintext: str
    ) -> None:
        token = credentials.add_token(
            conn,
            org_id=org_id,
            project_id=project_id,
            user_id=None,
            name=TOKEN_NAME,
            token_hash=digest(plaintext),
            prefix=plaintext[:12],
            role=Role.ADMIN,
            now_ms=self._clock(),
            expires_ms=None,
        )
        facts: dict[str, object] = {"project_id": project_id, "role": "admin", "name": TOKEN_NAME}
        self._note(conn, actor, "token.created", org_id=org_id, target=str(token.id), facts=facts)
