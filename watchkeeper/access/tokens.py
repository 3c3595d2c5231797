"""API tokens: what scripts, promtool and Grafana sign in with."""

from __future__ import annotations

from watchkeeper.access.desk import Desk
from watchkeeper.access.names import clean_name
from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import credentials
from watchkeeper.access.secret import digest, new_api_token
from watchkeeper.access.types import ApiToken, TokenGrant
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Role

PREFIX_CHARS = 12


class Tokens(Desk):
    """A token belongs to an organisation and to the person who made it; it never exceeds either."""

    def create_token(
        self,
        actor: Principal,
        org: str,
        *,
        name: str,
        role: Role,
        project_id: int | None = None,
        expires_ms: int | None = None,
    ) -> TokenGrant:
        """Make a token; its plaintext is in the answer and nowhere else.

        role: at most the caller's. project_id: limits it to one project, else to the organisation.
        expires_ms: None lives until it is revoked. Raises NotFound, Forbidden, Invalid.
        """
        place = actor.membership(org, Role.MEMBER)
        if role > place.role:
            raise Forbidden(
                f"The token cannot be {role.name.lower()}: that is above your own role."
            )
        if project_id is not None:
            actor.scope(project_id, org)
        if expires_ms is not None and expires_ms <= self._clock():
            raise Invalid("The token's expiry lies in the past.")
        plaintext = new_api_token()
        with self._meta.write() as conn:
            token = credentials.add_token(
                conn,
                org_id=place.org_id,
                project_id=project_id,
                user_id=actor.user_id,
                name=clean_name(name, "name"),
                token_hash=digest(plaintext),
                prefix=plaintext[:PREFIX_CHARS],
                role=role,
                now_ms=self._clock(),
                expires_ms=expires_ms,
            )
            facts: dict[str, object] = {
                "name": token.name,
                "role": role.name.lower(),
                "project_id": project_id,
            }
            self._note(
                conn, actor, "token.created", org_id=place.org_id, target=str(token.id), facts=facts
            )
        return TokenGrant(token=token, plaintext=plaintext)

    def tokens(self, actor: Principal, org: str) -> list[ApiToken]:
        """Tokens in use or expired, newest first: all for admins, one's own for members.

        Raises NotFound, Forbidden.
        """
        place = actor.membership(org, Role.MEMBER)
        with self._meta.read() as conn:
            found = credentials.tokens(conn, place.org_id)
        if place.role >= Role.ADMIN:
            return found
        # A token that acts for no person owns none: None is not somebody.
        return [t for t in found if t.user_id is not None and t.user_id == actor.user_id]

    def revoke_token(self, actor: Principal, org: str, token_id: int) -> None:
        """End a token for good, at once: one's own, or any as admin. Raises NotFound, Forbidden."""
        place = actor.membership(org, Role.MEMBER)
        if token_id not in {token.id for token in self.tokens(actor, org)}:
            raise NotFound(f"There is no token {token_id}.")
        with self._meta.write() as conn:
            credentials.revoke_token(conn, place.org_id, token_id, self._clock())
            self._note(conn, actor, "token.revoked", org_id=place.org_id, target=str(token_id))
