"""What a body wants done to issues, in the words of this API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.access import Member
from watchkeeper.api.compat.sentry.desk import Asked, text
from watchkeeper.issues import Ignoring, Intent, IssueChange, IssueStatus, ResolvedIn
from watchkeeper.lib.clock import MINUTE_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Severity

STATUSES = {
    "resolved": IssueStatus.RESOLVED,
    "resolvedInNextRelease": IssueStatus.RESOLVED,
    "unresolved": IssueStatus.UNRESOLVED,
    "reprocessing": IssueStatus.UNRESOLVED,
    "ignored": IssueStatus.IGNORED,
    "archived": IssueStatus.IGNORED,
    "muted": IssueStatus.IGNORED,
}
"""Words of this API, older ones among them, for a status to set or to look for."""

_SETTABLE = [name for name in STATUSES if name != "reprocessing"]
_PRIORITIES = {"high": Severity.HIGH, "medium": Severity.MEDIUM, "low": Severity.LOW}
_PERSONAL = {"hasSeen", "isBookmarked", "isSubscribed", "isPublic", "inbox", "discard"}
"""Marks that other servers keep for each person; here there are none to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to do, and what is told back."""

    change: IssueChange | None
    intent: Intent
    told: Mapping[str, object]


def wanted_of(asked: Asked, people: Mapping[str, Member]) -> Wanted:
    """Read the body. people: members by e-mail. Raises Invalid for what cannot be done."""
    sent = asked.json()
    word = text(sent, "status", 50)
    assignee = _assignee(sent.get("assignedTo"), people) if "assignedTo" in sent else None
    priority = text(sent, "priority", 20)
    if word is None and assignee is None and priority is None:
        marks = ", ".join(sorted(_PERSONAL & sent.keys()))
        raise Invalid(
            f"{marks} is not kept here." if marks else "Name status, assignedTo or priority."
        )
    if priority is not None and priority not in _PRIORITIES:
        raise Invalid(f"priority must be one of {', '.join(_PRIORITIES)}.")
    told: dict[str, object] = {}
    intent, status = Intent(), None
    if word is not None:
        details = sent.get("statusDetails")
        details = details if isinstance(details, dict) else {}
        intent, status = _intent(asked, sent, word, details)
        told = {"status": STATUSES[word].value, "statusDetails": details}
    if assignee is not None:
        told["assignedTo"] = {"type": "user", "email": assignee} if assignee else None
    if priority is not None:
        told["priority"] = priority
    severity = _PRIORITIES[priority] if priority else None
    if status is None and severity is None and assignee is None:
        return Wanted(change=None, intent=intent, told=told)
    change = IssueChange(status=status, severity=severity, assignee=assignee)
    return Wanted(change=change, intent=intent, told=told)


def _intent(
    asked: Asked, sent: Mapping[str, object], word: str, details: Mapping[str, object]
) -> tuple[Intent, IssueStatus | None]:
    if word not in _SETTABLE:
        raise Invalid(f"status must be one of {', '.join(_SETTABLE)}.")
    status = STATUSES[word]
    if status is IssueStatus.IGNORED:
        if sent.get("substatus") == "archived_until_escalating" or details.get("untilEscalating"):
            return Intent(until_escalating=True), None
        return Intent(ignoring=_ignoring(asked, sent, details)), None
    if status is not IssueStatus.RESOLVED:
        return Intent(), status
    release, commit = text(details, "inRelease", 250), details.get("inCommit")
    if isinstance(commit, dict):
        sha = text(commit, "commit", 64) or text(commit, "id", 64) or ""
        return Intent(resolve=ResolvedIn.COMMIT, commit=sha), None
    if release:
        return Intent(resolve=ResolvedIn.RELEASE, release=release), None
    is_next = word == "resolvedInNextRelease" or details.get("inNextRelease") is True
    return Intent(resolve=ResolvedIn.NEXT_RELEASE if is_next else ResolvedIn.NOW), None


def _assignee(sent: object, people: Mapping[str, Member]) -> str:
    """An e-mail of a member, or empty for nobody. Raises Invalid for who is none."""
    if sent is None or sent == "":
        return ""
    told = sent.get("id") or sent.get("email") if isinstance(sent, dict) else sent
    named = str(told).removeprefix("user:").strip()
    if named in {"me", *people}:
        return named
    by_id = {str(one.user_id): email for email, one in people.items()}
    by_name = {one.name: email for email, one in people.items() if one.name}
    found = by_id.get(named) or by_name.get(named)
    if found is None:
        raise Invalid(f"assignedTo {named!r} is no member: name one by e-mail, or user:<id>.")
    return found


def _ignoring(asked: Asked, sent: Mapping[str, object], details: Mapping[str, object]) -> Ignoring:
    """For how many minutes, events or users; nothing said: for ever."""
    minutes = details.get("ignoreDuration", sent.get("ignoreDuration", sent.get("snoozeDuration")))
    for_ms = _whole(minutes, "ignoreDuration")
    window = _whole(details.get("ignoreWindow"), "ignoreWindow")
    return Ignoring(
        until_ms=asked.desk.clock() + for_ms * MINUTE_MS if for_ms else None,
        events=_whole(details.get("ignoreCount"), "ignoreCount"),
        window_ms=window * MINUTE_MS if window else None,
        users=_whole(details.get("ignoreUserCount"), "ignoreUserCount"),
    )


def _whole(told: object, name: str) -> int | None:
    if told is None:
        return None
    if not isinstance(told, int) or isinstance(told, bool) or not 0 < told < 10**7:
        raise Invalid(f"{name} must be a whole number above 0.")
    return told
