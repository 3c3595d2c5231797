"""The whole of access under one name."""

from __future__ import annotations

from watchkeeper.access.audit_pages import Audit
from watchkeeper.access.bearer import Bearer
from watchkeeper.access.first_run import FirstRun
from watchkeeper.access.members import Members
from watchkeeper.access.tokens import Tokens


class Access(FirstRun, Members, Tokens, Bearer, Audit):
    """Who may do what. Thread-safe; every method blocks (a login some tens of ms).

    `Access(meta, clock, options, guard=…)`. What a caller may not know of is NotFound, what they
    know but may not do is Forbidden. Each change is one transaction with its line in the audit
    log. The parts, a file each: users, members, projects, keys, tokens, sessions, bearer,
    first_run, setup, audit.
    """
