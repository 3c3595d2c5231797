"""What people do to issues: change many, take back, merge, comment."""

from __future__ import annotations

from watchkeeper.access import Principal
from watchkeeper.api.auth import Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.issues.act_shapes import (
    BulkAnswer,
    BulkBody,
    CommentAnswer,
    CommentBody,
    CommentsAnswer,
    IssuePatch,
    MergeBody,
    MergedAnswer,
    MergedIssue,
    UndoAnswer,
    UndoBody,
    UnmergeBody,
)
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Done
from watchkeeper.issues import (
    Changed,
    Comment,
    Ignoring,
    Intent,
    IssueChange,
    IssueQuery,
    IssueStatus,
    Parts,
    ResolvedIn,
)
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import LiveEvent, LiveTopic, Scope, TimeRange

router = LateRouter(tags=["issues"], responses=ERRORS)


@router.post("/projects/{project_id}/issues/bulk")
def change_issues(
    rooms: RoomsHere, scope: MemberScope, caller: Caller, body: BulkBody
) -> BulkAnswer:
    """The same change to many issues: all or, when one does not exist (404), none. Role member."""
    now_ms = rooms.clock()
    change, intent = change_of(body), intent_of(body, now_ms)
    if body.short_ids:
        done = rooms.issues.acts.change(
            scope, body.short_ids, change, actor=caller.email, intent=intent
        )
    else:
        done = rooms.issues.acts.change_found(
            scope, _found(body, now_ms), change, actor=caller.email, intent=intent
        )
    tell(rooms, scope)
    return _bulk(done)


@router.post("/projects/{project_id}/issues/undo")
def undo_change(rooms: RoomsHere, scope: MemberScope, caller: Caller, body: UndoBody) -> UndoAnswer:
    """Take a change back, within an hour; what was changed since stays. Role member."""
    done = rooms.issues.acts.undo(scope, body.undo, actor=caller.email)
    tell(rooms, scope)
    return UndoAnswer(changed=done.issues, kept=done.kept)


@router.post("/projects/{project_id}/issues/merge")
def merge_issues(
    rooms: RoomsHere, scope: MemberScope, caller: Caller, body: MergeBody
) -> BulkAnswer:
    """Make issues part of another one; `/unmerge` takes them out again. Role member."""
    done = rooms.issues.acts.merge(scope, body.into, body.short_ids, actor=caller.email)
    tell(rooms, scope)
    return _bulk(done)


@router.get("/projects/{project_id}/issues/{short_id}/merged")
def list_merged(rooms: RoomsHere, scope: ViewerScope, short_id: str) -> MergedAnswer:
    """Of which issues and fingerprints this one consists."""
    return _merged(rooms.issues.merged(scope, short_id))


@router.post("/projects/{project_id}/issues/{short_id}/unmerge")
def unmerge_issues(
    rooms: RoomsHere, scope: MemberScope, caller: Caller, short_id: str, body: UnmergeBody
) -> BulkAnswer:
    """Make parts of this issue issues of their own again. Role member."""
    done = rooms.issues.acts.unmerge(scope, short_id, body.short_ids, actor=caller.email)
    tell(rooms, scope)
    return _bulk(done)


@router.get("/projects/{project_id}/issues/{short_id}/comments")
def list_comments(
    rooms: RoomsHere, scope: ViewerScope, caller: Caller, short_id: str
) -> CommentsAnswer:
    """What people wrote, oldest first."""
    found = rooms.issues.acts.comments(scope, short_id)
    return CommentsAnswer(comments=[_comment(one, caller) for one in found])


@router.post("/projects/{project_id}/issues/{short_id}/comments", status_code=201)
def add_comment(
    rooms: RoomsHere, scope: MemberScope, caller: Caller, short_id: str, body: CommentBody
) -> CommentAnswer:
    """Write a comment. Role member."""
    added = rooms.issues.acts.comment(scope, short_id, body.text, actor=caller.email)
    tell(rooms, scope)
    return _comment(added, caller)


@router.patch("/projects/{project_id}/issues/{short_id}/comments/{comment_id}")
def edit_comment(
    rooms: RoomsHere,
    scope: MemberScope,
    caller: Caller,
    short_id: str,
    comment_id: int,
    body: CommentBody,
) -> CommentAnswer:
    """Change a comment of one's own."""
    changed = rooms.issues.acts.edit_comment(
        scope, short_id, comment_id, body.text, actor=caller.email
    )
    tell(rooms, scope)
    return _comment(changed, caller)


@router.delete("/projects/{project_id}/issues/{short_id}/comments/{comment_id}")
def delete_comment(
    rooms: RoomsHere, scope: MemberScope, caller: Caller, short_id: str, comment_id: int
) -> Done:
    """Delete a comment of one's own; admins delete any."""
    rooms.issues.acts.delete_comment(scope, short_id, comment_id, actor=caller.email)
    tell(rooms, scope)
    return Done()


def change_of(body: IssuePatch) -> IssueChange | None:
    """What is set outright; None when there is only something to look up."""
    if body.status is None and body.severity is None and body.assignee_email is None:
        return None
    return IssueChange(
        status=IssueStatus(body.status) if body.status else None,
        severity=body.severity,
        assignee=body.assignee_email,
    )


def intent_of(body: IssuePatch, now_ms: int) -> Intent:
    """What resolve and ignore say. Raises Invalid when both are sent, or two ends in time."""
    if body.resolve is not None and body.ignore is not None:
        raise Invalid("An issue is either resolved or ignored: send resolve or ignore.")
    if body.resolve is not None:
        return Intent(
            resolve=ResolvedIn(body.resolve.kind),
            release=body.resolve.release,
            commit=body.resolve.commit,
        )
    if body.ignore is None:
        return Intent()
    given = body.ignore
    if given.until_ms is not None and given.for_ms is not None:
        raise Invalid("ignore: send either until_ms or for_ms.")
    until_ms = given.until_ms if given.for_ms is None else now_ms + given.for_ms
    return Intent(
        ignoring=Ignoring(
            until_ms=until_ms,
            events=given.events,
            window_ms=given.window_ms,
            users=given.users,
        ),
        until_escalating=given.until_escalating,
    )


def tell(rooms: Rooms, scope: Scope) -> None:
    """Let other open pages see the change."""
    rooms.live.publish(LiveEvent(scope.project_id, LiveTopic.ISSUES, {}))


def _found(body: BulkBody, now_ms: int) -> IssueQuery:
    if body.q is None:
        raise Invalid("Name the issues: send short_ids, or q for all that a search finds.")
    end_ms = now_ms if body.to is None else body.to
    start_ms = end_ms - DAY_MS if body.from_ is None else body.from_
    if end_ms <= start_ms:
        raise Invalid(f"`from` ({start_ms}) must lie before `to` ({end_ms}).")
    return IssueQuery(
        range=TimeRange(start_ms, end_ms),
        text=body.q,
        environment=body.env,
        release=body.release,
    )


def _bulk(done: Changed) -> BulkAnswer:
    return BulkAnswer(changed=done.issues, remaining=done.remaining, undo=done.undo)


def _comment(one: Comment, caller: Principal) -> CommentAnswer:
    return CommentAnswer(
        id=one.id,
        at_ms=one.at_ms,
        edited_ms=one.edited_ms,
        author=one.author,
        text=one.text,
        is_own=one.author == caller.email,
    )


def _merged(parts: Parts) -> MergedAnswer:
    return MergedAnswer(
        own_hashes=list(parts.own_hashes),
        merged=[
            MergedIssue(
                short_id=one.short_id,
                title=one.title,
                type=one.type,
                culprit=one.culprit,
                merged_ms=one.merged_ms,
                events=one.events,
                first_seen_ms=one.first_seen_ms,
                last_seen_ms=one.last_seen_ms,
                hashes=list(one.hashes),
            )
            for one in parts.merged
        ],
    )
