"""What one project asks for beyond the defaults: rules of its own, e-mail and address policy."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.go_regex import BadRegex, compile_search
from watchkeeper.privacy.paths import BadPath, parse_path

MAX_RULES = 100


class RuleKind(StrEnum):
    """How a rule finds values: by a field's name, by the place in the record, by their text."""

    NAME = "name"
    PATH = "path"
    TEXT = "text"


class Action(StrEnum):
    """What becomes of what a rule finds."""

    REMOVE = "remove"
    MASK = "mask"
    HASH = "hash"
    KEEP = "keep"


class Emails(StrEnum):
    """E-mail addresses, in fields and in text."""

    HIDE = "hide"
    HASH = "hash"
    KEEP = "keep"


class AddressRule(StrEnum):
    """IP addresses: in the fields made for them, and in text as well when hidden everywhere."""

    HIDE = "hide"
    HIDE_EVERYWHERE = "hide_everywhere"
    KEEP = "keep"


class Attachments(StrEnum):
    """Files that come with events: text is scrubbed, anything else can only be kept or not.

    `pictures`: text, and pictures and videos, which an SDK sends where an app asks for them; of
    replays too. `text`: text alone. `all`: minidumps and whatever else there is.
    """

    TEXT = "text"
    PICTURES = "pictures"
    ALL = "all"
    NONE = "none"

    @property
    def keeps_pictures(self) -> bool:
        """True if pictures and videos are kept as they come."""
        return self in {Attachments.PICTURES, Attachments.ALL}


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. pattern: a name, a path such as `request.headers.x-foo`, or an RE2 expression."""

    kind: RuleKind
    pattern: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    action: Action
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """All that one project asks for. The first rule that finds a value decides about it."""

    emails: Emails = Emails.HIDE
    addresses: AddressRule = AddressRule.HIDE
    attachments: Attachments = Attachments.PICTURES
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(max_length=MAX_RULES)] = ()


class InvalidRule(WatchkeeperError):
    """A rule cannot be used as it is written.

    rule: its place, from 0. position: the character in its pattern, from 0.
    """

    code = "invalid_privacy_rule"
    http_status = 422

    def __init__(self, rule: int, position: int, reason: str) -> None:
        super().__init__(f"Rule {rule + 1}, character {position + 1}: {reason}")
        self.rule, self.position, self.reason = rule, position, reason
        self.field = f"rules.{rule}.pattern"


def check_policy(policy: Policy) -> None:
    """Raises InvalidRule for the first rule that cannot be used."""
    for at, rule in enumerate(policy.rules):
        _check(at, rule)


def _check(at: int, rule: Rule) -> None:
    if rule.kind is RuleKind.PATH:
        try:
            parse_path(rule.pattern)
        except BadPath as error:
            raise InvalidRule(at, error.position, error.reason) from error
    elif rule.kind is RuleKind.NAME:
        if not any(character.isalnum() for character in rule.pattern):
            raise InvalidRule(at, 0, "A name needs at least one letter or digit.")
    else:
        _check_text(at, rule)


def _check_text(at: int, rule: Rule) -> None:
    if rule.action is Action.KEEP:
        raise InvalidRule(
            at, 0, "`keep` needs a name or a path: a text rule cannot say what else it holds."
        )
    try:
        expression = compile_search(rule.pattern)
    except BadRegex as error:
        raise InvalidRule(at, _position(rule.pattern, str(error)), str(error)) from error
    if expression.matches(""):
        raise InvalidRule(at, 0, "The expression matches empty text: it would hide nothing.")


def _position(pattern: str, complaint: str) -> int:
    """Where in the pattern the part stands that a complaint quotes."""
    part = complaint.partition("`")[2].rstrip("`")
    return max(0, pattern.find(part)) if part else max(0, len(pattern) - 1)


def read_policy(source: bytes | str) -> Policy:
    """The policy of its JSON. Raises msgspec.ValidationError or DecodeError."""
    return msgspec.json.decode(source, type=Policy)


def write_policy(policy: Policy) -> str:
    """The JSON of a policy."""
    return msgspec.json.encode(policy).decode()
