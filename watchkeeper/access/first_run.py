"""The link that makes the first account."""

from __future__ import annotations

from sqlalchemy import Connection

from watchkeeper.access.principal import Principal
from watchkeeper.access.repo import credentials, people
from watchkeeper.access.secret import digest, new_session_token
from watchkeeper.access.sessions import Sessions
from watchkeeper.access.setup import Setup
from watchkeeper.access.types import FirstAccount, FirstRunLink, SessionGrant
from watchkeeper.lib.errors import Conflict, Forbidden

PURPOSE = "first_run"
REFUSED = (
    "This link is not valid: it works once, for a short time. "
    "Print a new one by `watchkeeper user first-run`."
)


class FirstRun(Setup, Sessions):
    """Open only until somebody can sign in."""

    def needs_first_run(self) -> bool:
        """True while there is no user."""
        with self._meta.read() as conn:
            return not people.has_users(conn)

    def first_run_link(self) -> FirstRunLink:
        """A fresh link; the one before stops working. Raises Conflict once there is a user."""
        token = new_session_token()
        now_ms = self._clock()
        link = FirstRunLink(token=token, expires_ms=now_ms + self._options.first_run_ms)
        with self._meta.write() as conn:
            if people.has_users(conn):
                raise Conflict("There is a user already; sign in instead.")
            credentials.replace_link(
                conn,
                purpose=PURPOSE,
                token_hash=digest(token),
                now_ms=now_ms,
                expires_ms=link.expires_ms,
            )
        return link

    def is_first_run_token(self, token: str) -> bool:
        """True if the token would be accepted now."""
        with self._meta.read() as conn:
            return not people.has_users(conn) and credentials.is_link_live(
                conn, purpose=PURPOSE, token_hash=digest(token), now_ms=self._clock()
            )

    def complete_first_run(
        self,
        token: str,
        account: FirstAccount,
        *,
        ip: str,
        user_agent: str = "",
    ) -> SessionGrant:
        """Make the first person (platform admin, owner), organisation and project; sign them in.

        Uses the link up, unless an input is refused. Raises Forbidden for a link that is not
        valid, Invalid.
        """
        if not self.is_first_run_token(token):
            raise Forbidden(REFUSED)
        wanted = self._wanted(
            email=account.email,
            password_hash=self._passwords.hash(account.password),
            name=account.name,
            org=account.organisation,
            project=account.project,
            timezone=account.timezone,
        )
        actor = Principal(user_id=None, email=wanted.email, is_platform_admin=True)
        with self._meta.write() as conn:
            self._use_up(conn, token)
            made = self._set_up(conn, actor, wanted)
            user = people.user_by_id(conn, made.user_id)
            if user is None:
                raise Forbidden(REFUSED)
            return self._open_session(conn, user, ip=ip, user_agent=user_agent)

    def _use_up(self, conn: Connection, token: str) -> None:
        is_first = not people.has_users(conn)
        if not is_first or not credentials.use_link(
            conn, purpose=PURPOSE, token_hash=digest(token), now_ms=self._clock()
        ):
            raise Forbidden(REFUSED)
