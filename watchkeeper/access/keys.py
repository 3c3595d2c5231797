"""Ingest keys, as a project's people manage them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from watchkeeper.access.names import clean_name, clean_origin
from watchkeeper.access.principal import Principal
from watchkeeper.access.projects import Projects
from watchkeeper.access.repo import keys
from watchkeeper.access.secret import new_ingest_key
from watchkeeper.access.types import KeyKind, KeyRecord
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Role


class Keys(Projects):
    """Every change reaches running servers within a second (KeyRing)."""

    def keys(self, actor: Principal, project_id: int) -> list[KeyRecord]:
        """The project's keys, oldest first, for members. Raises NotFound, Forbidden."""
        actor.scope(project_id, at_least=Role.MEMBER)
        with self._meta.read() as conn:
            return keys.of_project(conn, project_id)

    def create_key(
        self, actor: Principal, project_id: int, *, kind: KeyKind, label: str
    ) -> KeyRecord:
        """Add a key. Raises NotFound, Forbidden below admin, Invalid."""
        scope = actor.scope(project_id, at_least=Role.ADMIN)
        label = clean_name(label, "label")
        with self._meta.write() as conn:
            return self._add_key(conn, actor, scope.org_id, project_id, kind, label=label)

    def update_key(
        self,
        actor: Principal,
        project_id: int,
        key_id: int,
        *,
        enabled: bool | None = None,
        label: str | None = None,
        allowed_origins: Sequence[str] | None = None,
    ) -> KeyRecord:
        """Change what is given. Origins are for public keys; none means any origin.

        Raises NotFound, Forbidden below admin, Invalid.
        """
        scope = actor.scope(project_id, at_least=Role.ADMIN)
        changes: dict[str, str | bool | list[str]] = {}
        if enabled is not None:
            changes["enabled"] = enabled
        if label is not None:
            changes["label"] = clean_name(label, "label")
        if allowed_origins is not None:
            changes["allowed_origins"] = [clean_origin(origin) for origin in allowed_origins]
        with self._meta.write() as conn:
            key = _existing(conn, project_id, key_id)
            if changes.get("allowed_origins") and key.kind is not KeyKind.PUBLIC:
                raise Invalid("Allowed origins belong to public keys; a server key has none.")
            if changes:
                self._change(conn, actor, scope.org_id, key, "key.changed", changes)
            return _existing(conn, project_id, key_id)

    def rotate_key(self, actor: Principal, project_id: int, key_id: int) -> KeyRecord:
        """Give the key new digits; the old ones stop within a second.

        For a change without a gap, create a second key and switch the first off later.
        Raises NotFound, Forbidden below admin.
        """
        scope = actor.scope(project_id, at_least=Role.ADMIN)
        with self._meta.write() as conn:
            key = _existing(conn, project_id, key_id)
            keys.change(conn, key_id, {"key": new_ingest_key()})
            self._note(conn, actor, "key.rotated", org_id=scope.org_id, target=str(key.id))
            return _existing(conn, project_id, key_id)

    def _change(
        self,
        conn: Connection,
        actor: Principal,
        org_id: int,
        key: KeyRecord,
        action: str,
        changes: dict[str, str | bool | list[str]],
    ) -> None:
        keys.change(conn, key.id, changes)
        facts: dict[str, object] = {**changes, "project_id": key.project_id}
        self._note(conn, actor, action, org_id=org_id, target=str(key.id), facts=facts)


def _existing(conn: Connection, project_id: int, key_id: int) -> KeyRecord:
    key = keys.one(conn, project_id, key_id)
    if key is None:
        raise NotFound(f"The project {project_id} has no key {key_id}.")
    return key
