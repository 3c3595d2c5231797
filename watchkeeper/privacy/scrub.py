"""Takes secrets and personal data out of an event before it touches the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper.privacy import rules
from watchkeeper.privacy.assigned import secret_parameters, without_assigned, without_literals
from watchkeeper.privacy.familiar import Familiar, SentEvent
from watchkeeper.privacy.hashing import anonymous_id, hashed
from watchkeeper.privacy.own_rules import OwnRules
from watchkeeper.privacy.policy import AddressRule, Attachments, Emails, Policy
from watchkeeper.privacy.rules import FILTERED, TextRule
from watchkeeper.privacy.suspect import Suspicion
from watchkeeper.privacy.walk import MAX_DEPTH, Json, Memory, Name, Sight, Walk

_MAX_KNOWN_NAMES = 20_000
_MAX_NAME_CHARACTERS = 200
_SHORTEST_SECRET = 4
_SECRET_RULES = frozenset({"secret_name", "denied_name"})
_SQL_NAMES = frozenset({"db.statement", "db.query.text", "db.query.summary", "db.sql.text"})
_SQL_PARAMETERS = ("db.query.parameter.", "db.operation.parameter.")
_TEMPLATE = "sentry.message.template"
_PARAMETER = "sentry.message.parameter."
_EMPTY: tuple[Json, ...] = (None, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRules:
    """What is taken out. docs/use/privacy.md tells it to users."""

    keep_emails: bool = False
    """Keep e-mail addresses, `user.email` among them."""
    hash_emails: bool = False
    """Put a salted hash in their place."""
    keep_user_ip: bool = False
    """Keep `user.ip_address` and forwarding headers."""
    addresses_in_text: bool = False
    """Also hide IP addresses inside text."""
    deny_names: tuple[str, ...] = ()
    """More field names whose values are always hidden; case and punctuation do not count."""
    allow_names: tuple[str, ...] = ()
    """Field names that are never hidden for their name alone."""
    salt: bytes = b""
    """If given, a user without id gets one derived from e-mail, name or address with this salt."""
    own: Policy | None = None
    """What a project asks for."""

    def for_policy(self, policy: Policy) -> ScrubRules:
        """The same for a project that has a policy of its own."""
        return ScrubRules(
            keep_emails=policy.emails is Emails.KEEP,
            hash_emails=policy.emails is Emails.HASH,
            keep_user_ip=policy.addresses is AddressRule.KEEP,
            addresses_in_text=policy.addresses is AddressRule.HIDE_EVERYWHERE,
            deny_names=self.deny_names,
            allow_names=self.allow_names,
            salt=self.salt,
            own=policy,
        )


class Scrubber:
    """Applies one set of rules to events and text. Safe to share between threads."""

    def __init__(self, options: ScrubRules | None = None) -> None:
        self._options = options or ScrubRules()
        self._deny = {rules.plain_name(name) for name in self._options.deny_names}
        self._allow = {rules.plain_name(name) for name in self._options.allow_names}
        self._own = OwnRules.of(self._options.own, self._options.salt)
        self._secrets: dict[str, bool] = {}
        self._memory = Memory()
        self._familiar = None if self._own.has_paths else Familiar()
        self._attribute_names: dict[str, Name] = {}
        active = self._chosen_rules()
        self._sight = Sight(
            name=self.name,
            source_line=self._source_line,
            parameters=lambda template: secret_parameters(template, self._is_secret),
            active=active,
            suspicion=Suspicion(
                sorted(self._deny | self._own.names), addresses=self._options.addresses_in_text
            ),
            every_text=bool(self._own.texts),
        )
        self._text_rules = active
        self._projects: Mapping[int, Scrubber] = {}

    def of(self, project_id: int) -> Scrubber:
        """The scrubber of one project: its own rules, or these."""
        return self._projects.get(project_id, self)

    def take_policies(self, policies: Mapping[int, Policy]) -> None:
        """From now on these projects, and no others, have rules of their own."""
        before = self._projects
        self._projects = {
            project_id: before[project_id]
            if project_id in before and before[project_id].policy == policy
            else Scrubber(self._options.for_policy(policy))
            for project_id, policy in policies.items()
        }

    @property
    def policy(self) -> Policy | None:
        """What the project asks for whose scrubber this is."""
        return self._options.own

    @property
    def attachments(self) -> Attachments:
        """Which files that come with events are kept."""
        own = self._options.own
        return Attachments.PICTURES if own is None else own.attachments

    @property
    def salt(self) -> bytes:
        """With which people without id are told apart."""
        return self._options.salt

    def scrub_text(self, text: str) -> str:
        """The text without what any rule calls a secret."""
        if len(text) < _SHORTEST_SECRET:
            return text
        if self._sight.every_text or self._sight.suspicion.of(text):
            for rule in self._text_rules:
                text = rule.hide(text)
        return text

    def scrub_texts(self, texts: Sequence[str]) -> list[str]:
        """The same of many texts; faster than one by one."""
        scrubbed = list(texts)
        places: Sequence[int] = range(len(scrubbed))
        if not self._sight.every_text:
            places = self._sight.suspicion.among(scrubbed)
        for at in places:
            scrubbed[at] = self.scrub_text(scrubbed[at])
        return scrubbed

    def scrub_attributes(self, attributes: dict[str, str]) -> dict[str, str]:
        """Flat names and texts, as those of a span or a log line, without secrets: a new dict."""
        names, clean = self._attribute_names, self._memory.clean_texts
        if _TEMPLATE in attributes:
            attributes = self._without_parameters(attributes)
        kept: dict[str, str] = {}
        fresh: list[str] = []
        for key, value in attributes.items():
            name = names.get(key) or self._attribute_name(key)
            if name.rule is not None:
                if value:
                    self._put(kept, name, value)
                continue
            kept[name.written] = rules.without_long_numbers(value) if name.is_sql else value
            if value not in clean and len(value) >= _SHORTEST_SECRET:
                fresh.append(name.written)
        if fresh:
            self._scrub_fresh(kept, fresh)
        return kept

    def is_secret_name(self, name: str) -> bool:
        """True if what a field of this name holds would be hidden."""
        return self.name(name).rule is not None

    def rule_at(self, name: str, text: str) -> str:
        """Which rule changes an attribute: its name's, or the first that finds something in it."""
        rule = (self._attribute_names.get(name) or self._attribute_name(name)).rule
        if rule is not None:
            return rule
        found = (each.name for each in self._text_rules if each.hide(text) != text)
        return next(found, "sql_number")

    def _without_parameters(self, attributes: dict[str, str]) -> dict[str, str]:
        """Without parameters that the template of a log message calls secrets."""
        secret = secret_parameters(attributes[_TEMPLATE], self._is_secret)
        hidden = {f"{_PARAMETER}{one}": FILTERED for one in secret}
        return attributes | {name: text for name, text in hidden.items() if name in attributes}

    def _put(self, kept: dict[str, str], name: Name, value: str) -> None:
        put = name.put(value)
        if put is not None:
            kept[name.written] = str(put)

    def _scrub_fresh(self, kept: dict[str, str], fresh: list[str]) -> None:
        """Take out what the values of these names hold."""
        self._memory.bound()
        places: Sequence[int] = range(len(fresh))
        if not self._sight.every_text:
            texts = [kept[name] for name in fresh]
            places = self._sight.suspicion.among(texts)
            suspects = set(places)
            self._memory.keep_clean([t for at, t in enumerate(texts) if at not in suspects])
        for at in places:
            text = kept[fresh[at]]
            for rule in self._text_rules:
                text = rule.hide(text)
            if text == kept[fresh[at]]:
                self._memory.keep_clean((text,))
            kept[fresh[at]] = text

    def read_event(self, payload: bytes) -> SentEvent | None:
        """An event as it was sent, for `scrub_sent`; None if it has to be parsed as a whole."""
        return None if self._familiar is None else self._familiar.read(payload)

    def scrub_sent(self, sent: SentEvent) -> dict[str, Json]:
        """`scrub_event` of what `read_event` of this scrubber gave; only orjson can write it."""
        self.scrub_event(sent.tree)
        if self._familiar is not None:
            self._familiar.settle(sent)
        return sent.tree

    def scrub_event(self, event: dict[str, Json], *, deepest: int = MAX_DEPTH) -> dict[str, Json]:
        """The same event, changed in place; what was found is noted under `_scrubbed`.

        deepest: what is nested more deeply is cut off.
        """
        event.pop("_scrubbed", None)
        self._memory.bound()
        walk = Walk(self._sight, self._memory, deepest=deepest)
        put_back = self._own.apply_paths(event, walk)
        self._scrub_user(event.get("user"), walk)
        walk.run(event)
        for put in put_back:
            put()
        if walk.notes:
            event["_scrubbed"] = walk.notes
        return event

    def _scrub_user(self, user: Json, walk: Walk) -> None:
        """Take a person's address and e-mail out; keep people apart by a salted id."""
        if not isinstance(user, dict):
            return
        place = (None, "user", 1)
        if self._options.salt and user.get("id") in _EMPTY:
            identity = user.get("email") or user.get("username") or user.get("ip_address")
            if isinstance(identity, str) and identity:
                user["id"] = anonymous_id(identity, self._options.salt)
        if not self._options.keep_emails:
            self._scrub_emails_of(user, walk)
        if not self._options.keep_user_ip and user.pop("ip_address", None):
            walk.note(place, "ip_address", "ip_address")

    def _scrub_emails_of(self, user: dict[str, Json], walk: Walk) -> None:
        place = (None, "user", 1)
        for field in ("id", "username"):  # people who are known by their address stay apart
            value = user.get(field)
            if self._options.salt and isinstance(value, str) and rules.is_email(value):
                user[field] = anonymous_id(value, self._options.salt)
                walk.note(place, field, "email")
        email = user.get("email")
        if email and email != FILTERED:
            user["email"] = FILTERED
            if self._options.hash_emails:
                user["email"] = hashed(email, self._options.salt)
            walk.note(place, "email", "email")

    def name(self, name: str) -> Name:
        """What a field's name tells; remembered, as the same names come with every event."""
        known = self._memory.names.get(name)
        if known is None:
            known = self._own.named(name, self._rule_of(name), self.scrub_text(name))
            if name in _SQL_NAMES or name.startswith(_SQL_PARAMETERS):
                known = Name(known.rule, known.written, known.action, is_sql=True)
            if len(name) <= _MAX_NAME_CHARACTERS:
                self._memory.names[name] = known
        return known

    def _attribute_name(self, name: str) -> Name:
        known = self._own.at_attribute(name)
        if known is None:
            known = self.name(name)
            if known.rule is None and "." in name and not rules.is_harmless_name(name):
                # `http.request.header.cookie`, `payment.cvv`: the last step is the field's name.
                known = replace(known, rule=self._rule_of(name.rpartition(".")[2]))
        if len(self._attribute_names) >= _MAX_KNOWN_NAMES:
            self._attribute_names = {}
        if len(name) <= _MAX_NAME_CHARACTERS:
            self._attribute_names[name] = known
        return known

    def _rule_of(self, name: str) -> str | None:
        plain = rules.plain_name(name)
        if plain in self._deny:
            return "denied_name"
        if plain in self._allow or rules.is_harmless_name(name):
            return None
        if not self._options.keep_user_ip and rules.is_address_name(plain):
            return "ip_address"
        return "secret_name" if rules.is_secret_name(plain) else None

    def _is_secret(self, name: str) -> bool:
        """True if text like `name=value` shows a secret; remembered."""
        known = self._secrets.get(name)
        if known is None:
            written = name.replace("%5D", "").replace("%5d", "")
            rule = self._own.named(written, self._rule_of(written), written).rule
            known = rule is not None and (rule in _SECRET_RULES or rule.startswith("rule:"))
            if len(self._secrets) >= _MAX_KNOWN_NAMES:
                self._secrets.clear()
            if len(name) <= _MAX_NAME_CHARACTERS:
                self._secrets[name] = known
        return known

    def _chosen_rules(self) -> tuple[TextRule, ...]:
        options = self._options
        chosen = [*self._own.texts, *rules.ALWAYS, TextRule("assigned_secret", self._assigned)]
        if options.hash_emails:
            salt = options.salt
            chosen.append(rules.emails_as(lambda email: hashed(email, salt)))
        elif not options.keep_emails:
            chosen.append(rules.EMAIL)
        if options.addresses_in_text:
            chosen.append(rules.ADDRESS)
        return tuple(chosen)

    def _assigned(self, text: str) -> str:
        return without_assigned(text, self._is_secret)

    def _source_line(self, text: str) -> str:
        text = without_literals(text, self._is_secret) if "=" in text or ":" in text else text
        for rule in self._text_rules:
            if rule.name not in _NOT_IN_CODE:
                text = rule.hide(text)
        return text


_NOT_IN_CODE = frozenset({"assigned_secret", "sql_number"})
