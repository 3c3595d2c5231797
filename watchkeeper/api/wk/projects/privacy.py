"""What of a project's data is hidden, kept or hashed; tried out before it is saved."""

from __future__ import annotations

import copy
import json
from typing import Annotated, Any, cast

from pydantic import Field

from watchkeeper.access import audit
from watchkeeper.api.auth import AdminScope, Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example
from watchkeeper.lib.errors import Invalid
from watchkeeper.privacy import (
    Action,
    AddressRule,
    Attachments,
    Emails,
    InvalidRule,
    Json,
    Policy,
    PolicyRows,
    Rule,
    RuleKind,
    Scrubber,
    ScrubRules,
    check_policy,
    newest_event,
    put_policy,
)

router = LateRouter(tags=["privacy"], responses=ERRORS)

_MAX_RULES = 100
_MAX_SAMPLE_CHARACTERS = 1_000_000


class RuleShape(Body):
    """kind: `name` (case and punctuation do not count), `path` (`request.headers.x-foo`, `extra.*`,
    `**.card`) or `text` (an RE2 expression). action: `keep` only for names and paths.
    """

    kind: RuleKind
    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    action: Action
    note: Annotated[str, Field(max_length=200)] = ""


class PolicyBody(Body):
    """The first rule that finds a value decides about it; all of them come before the defaults."""

    model_config = example(
        emails="hash",
        addresses="hide",
        attachments="pictures",
        rules=[
            {"kind": "name", "pattern": "patient_no", "action": "hash", "note": "tells them apart"},
            {"kind": "path", "pattern": "extra.*", "action": "remove", "note": ""},
            {"kind": "text", "pattern": "PN-[0-9]{6}", "action": "mask", "note": ""},
        ],
    )
    emails: Emails = Emails.HIDE
    addresses: AddressRule = AddressRule.HIDE
    attachments: Attachments = Attachments.PICTURES
    rules: list[RuleShape] = Field(default_factory=list, max_length=_MAX_RULES)


class PolicyAnswer(Answer):
    """What the project asks for, in the order in which it is applied."""

    emails: Emails
    addresses: AddressRule
    attachments: Attachments
    rules: list[RuleShape]


class PreviewBody(Body):
    """policy: rules to try. sample: an event, or the attributes of a span or log line as
    `{"attributes": {…}}`; the project's newest stored event if there is none.
    """

    model_config = example(
        policy={"rules": [{"kind": "name", "pattern": "plan", "action": "mask", "note": ""}]},
        sample={"extra": {"plan": "gold"}},
    )
    policy: PolicyBody
    sample: dict[str, Any] | None = None


class Hit(Answer):
    """path: where. rule: a default rule by name, or `rule:2` for the second rule of the policy."""

    path: str
    rule: str


class RuleProblem(Answer):
    """rule: its place from 0; position: character of its pattern from 0."""

    rule: int
    position: int
    message: str


class PreviewAnswer(Answer):
    """problem: the first rule that cannot be used; then nothing was changed.

    before, after: the sample as it came and as it would be stored; null without any sample.
    """

    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hits: list[Hit]
    problem: RuleProblem | None


@router.get("/projects/{project_id}/privacy")
def get_privacy(rooms: RoomsHere, _scope: ViewerScope, project_id: int) -> PolicyAnswer:
    """What the project hides, hashes and keeps beyond the defaults."""
    return _answer(PolicyRows(rooms.meta).of(project_id))


@router.put("/projects/{project_id}/privacy")
def put_privacy(
    rooms: RoomsHere, caller: Caller, scope: AdminScope, project_id: int, body: PolicyBody
) -> PolicyAnswer:
    """Set the rules. They hold within a second, for what comes from then on. Needs role admin."""
    policy = _policy(body)
    check_policy(policy)
    with rooms.meta.write() as conn:
        put_policy(conn, project_id, policy)
        audit(
            conn,
            org_id=scope.org_id,
            at_ms=rooms.clock(),
            actor=caller.email,
            action="privacy.changed",
            target=str(project_id),
            facts=body.model_dump(mode="json"),
        )
    return _answer(policy)


@router.post("/projects/{project_id}/privacy/preview")
def preview_privacy(
    rooms: RoomsHere, scope: MemberScope, project_id: int, body: PreviewBody
) -> PreviewAnswer:
    """What rules would do to a sample; nothing is saved."""
    del project_id  # the scope names it
    before = _sample(rooms, scope, body.sample)
    policy = _policy(body.policy)
    try:
        check_policy(policy)
    except InvalidRule as error:
        problem = RuleProblem(rule=error.rule, position=error.position, message=error.reason)
        return PreviewAnswer(before=before, after=before, hits=[], problem=problem)
    if before is None:
        return PreviewAnswer(before=None, after=None, hits=[], problem=None)
    scrubber = Scrubber(ScrubRules(salt=rooms.options.salt).for_policy(policy))
    after, hits = _scrubbed(scrubber, before)
    return PreviewAnswer(before=before, after=after, hits=hits, problem=None)


def _sample(rooms: Rooms, scope: MemberScope, sent: dict[str, Any] | None) -> dict[str, Any] | None:
    if sent is None:
        stored = newest_event(rooms.columns, scope)
        return None if stored is None else {k: v for k, v in stored.items() if k != "_scrubbed"}
    if len(json.dumps(sent)) > _MAX_SAMPLE_CHARACTERS:
        raise Invalid(f"The sample is longer than {_MAX_SAMPLE_CHARACTERS:,} characters; cut it.")
    return sent


def _scrubbed(scrubber: Scrubber, before: dict[str, Any]) -> tuple[dict[str, Any], list[Hit]]:
    attributes = before.get("attributes")
    if set(before) == {"attributes"} and isinstance(attributes, dict):
        texts = {name: str(value) for name, value in attributes.items()}
        after = scrubber.scrub_attributes(texts)
        changed = [name for name, text in texts.items() if after.get(name) != text]
        return {"attributes": after}, [
            Hit(path=f"attributes.{name}", rule=scrubber.rule_at(name, texts[name]))
            for name in changed
        ]
    event = cast("dict[str, Json]", copy.deepcopy(before))
    scrubbed = cast("dict[str, Any]", scrubber.scrub_event(event))
    notes = scrubbed.pop("_scrubbed", [])
    return scrubbed, [Hit(path=note["path"], rule=note["rule"]) for note in notes]


def _policy(body: PolicyBody) -> Policy:
    rules = tuple(
        Rule(kind=each.kind, pattern=each.pattern, action=each.action, note=each.note)
        for each in body.rules
    )
    return Policy(
        emails=body.emails, addresses=body.addresses, attachments=body.attachments, rules=rules
    )


def _answer(policy: Policy) -> PolicyAnswer:
    return PolicyAnswer(
        emails=policy.emails,
        addresses=policy.addresses,
        attachments=policy.attachments,
        rules=[
            RuleShape(kind=r.kind, pattern=r.pattern, action=r.action, note=r.note)
            for r in policy.rules
        ],
    )
