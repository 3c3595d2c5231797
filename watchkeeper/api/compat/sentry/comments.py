"""Comments on issues, which this API calls notes too."""

from __future__ import annotations

from starlette.responses import Response

from watchkeeper.api.compat.sentry.desk import Asked, iso, json_answer, text
from watchkeeper.api.compat.sentry.found import issue_named, may_change
from watchkeeper.issues import Comment
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import LiveEvent, LiveTopic


def comments(asked: Asked) -> Response:
    """The newest first."""
    found = issue_named(asked)
    listed = asked.desk.issues.acts.comments(found.place.scope, found.ref)
    return json_answer([_told(one) for one in reversed(listed)])


def add_comment(asked: Asked) -> Response:
    """Add one; 201."""
    found = issue_named(asked)
    may_change(found.place.scope)
    words = text(asked.json(), "text", 10_001)
    if not words:
        raise Invalid("text is missing.")
    made = asked.desk.issues.acts.comment(
        found.place.scope, found.ref, words, actor=asked.caller.email
    )
    asked.desk.tell(LiveEvent(found.place.project.id, LiveTopic.ISSUES, {}))
    return json_answer(_told(made), 201)


def _told(one: Comment) -> dict[str, object]:
    return {
        "id": str(one.id),
        "type": "note",
        "user": {"email": one.author, "name": one.author, "username": one.author},
        "data": {"text": one.text},
        "dateCreated": iso(one.at_ms),
    }
