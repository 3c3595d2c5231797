"""Takes secrets and personal data out of an event before it touches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from watchkeeper.privacy import rules
from watchkeeper.privacy.rules import FILTERED, TextRule
from watchkeeper.privacy.walk import ASSIGNED, Json, Memory, Name, Place, Walk

_MAX_KNOWN_NAMES = 20_000
_MAX_NAME_CHARACTERS = 200
_MAX_CLEAN_CHARACTERS = 200
_SHORTEST_SECRET = 4
_SECRET_RULES = frozenset({"secret_name", "denied_name"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRules:
    """What is taken out. Section [privacy]; docs/use/privacy.md tells it to users."""

    keep_emails: bool = False
    """Keep e-mail addresses, `user.email` among them."""
    keep_user_ip: bool = False
    """Keep `user.ip_address` and forwarding headers."""
    addresses_in_text: bool = False
    """Also hide IPv4 addresses inside text."""
    deny_names: tuple[str, ...] = ()
    """More field names whose values are always hidden; case and punctuation do not count."""
    allow_names: tuple[str, ...] = ()
    """Field names that are never hidden for their name alone."""
    salt: bytes = b""
    """If given, a user without id gets one derived from e-mail, name or address with this salt."""


class Scrubber:
    """Applies one set of rules to events and text. Safe to share between threads."""

    def __init__(self, options: ScrubRules | None = None) -> None:
        self._options = options or ScrubRules()
        self._deny = {rules.plain_name(name) for name in self._options.deny_names}
        self._allow = {rules.plain_name(name) for name in self._options.allow_names}
        self._secrets: dict[str, bool] = {}
        self._memory = Memory()
        self._text_rules = self._chosen_rules()

    def scrub_text(self, text: str) -> str:
        """The text without what any rule calls a secret."""
        for rule in self._text_rules:
            text = rule.hide(text)
        return text

    def scrub_attributes(self, attributes: dict[str, str]) -> dict[str, str]:
        """Flat names and texts, as those of a span or a log line, without secrets: a new dict."""
        self._memory.bound()
        kept: dict[str, str] = {}
        for key, value in attributes.items():
            name = self._memory.names.get(key) or self.name(key)
            kept[name.written] = FILTERED if name.rule and value else self._known_text(value)
        return kept

    def _known_text(self, text: str) -> str:
        clean = self._memory.clean_texts
        if len(text) < _SHORTEST_SECRET or text in clean:
            return text
        hidden = self.scrub_text(text)
        if hidden == text and len(text) <= _MAX_CLEAN_CHARACTERS:
            clean.add(text)
        return hidden

    def scrub_event(self, event: dict[str, Json]) -> dict[str, Json]:
        """The same event, changed in place; what was found is noted under `_scrubbed`."""
        event.pop("_scrubbed", None)
        self._memory.bound()
        walk = Walk(self.name, self._source_line, self._text_rules, self._memory)
        self._scrub_user(event.get("user"), walk)
        walk.run(event)
        if walk.notes:
            event["_scrubbed"] = walk.notes
        return event

    def _scrub_user(self, user: Json, walk: Walk) -> None:
        """Take a person's address and e-mail out; keep people apart by a salted id."""
        if not isinstance(user, dict):
            return
        if self._options.salt and user.get("id") in {None, ""}:
            identity = user.get("email") or user.get("username") or user.get("ip_address")
            if isinstance(identity, str) and identity:
                digest = blake2b(identity.encode(), key=self._options.salt[:64], digest_size=8)
                user["id"] = f"anon:{digest.hexdigest()}"
        place = Place(None, "user", 1)
        if not self._options.keep_user_ip and user.pop("ip_address", None):
            walk.note(place, "ip_address", "ip_address")
        if not self._options.keep_emails and user.get("email"):
            user["email"] = FILTERED
            walk.note(place, "email", "email")

    def name(self, name: str) -> Name:
        """What a field's name tells; remembered, as the same names come with every event."""
        known = self._memory.names.get(name)
        if known is None:
            known = Name(self._rule_of(name), self.scrub_text(name))
            if len(name) <= _MAX_NAME_CHARACTERS:
                self._memory.names[name] = known
        return known

    def _rule_of(self, name: str) -> str | None:
        plain = rules.plain_name(name)
        if plain in self._deny:
            return "denied_name"
        if plain in self._allow:
            return None
        if not self._options.keep_user_ip and rules.is_address_name(plain):
            return "ip_address"
        return "secret_name" if rules.is_secret_name(plain) else None

    def _is_secret(self, name: str) -> bool:
        """True if text like `name=value` shows a secret; remembered."""
        known = self._secrets.get(name)
        if known is None:
            known = self._rule_of(name.replace("%5D", "")) in _SECRET_RULES
            if len(self._secrets) >= _MAX_KNOWN_NAMES:
                self._secrets.clear()
            if len(name) <= _MAX_NAME_CHARACTERS:
                self._secrets[name] = known
        return known

    def _chosen_rules(self) -> tuple[TextRule, ...]:
        assigned = TextRule(ASSIGNED, self._without_assigned, marks=("=", ":", "%3D"))
        chosen = [*rules.ALWAYS, assigned]
        if not self._options.keep_emails:
            chosen.append(rules.EMAIL)
        if self._options.addresses_in_text:
            chosen.append(rules.ADDRESS)
        return tuple(chosen)

    def _without_assigned(self, text: str) -> str:
        return rules.without_assigned(text, self._is_secret, literals=False)

    def _source_line(self, text: str) -> str:
        if "=" not in text and ":" not in text:
            return text
        return rules.without_assigned(text, self._is_secret, literals=True)
