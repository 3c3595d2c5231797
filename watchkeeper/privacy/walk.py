"""One pass over one event, hiding what the rules name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from watchkeeper.privacy import rules
from watchkeeper.privacy.rules import FILTERED, TextRule

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

ASSIGNED = "assigned_secret"
MAX_NOTES = 50
MAX_DEPTH = 60
_TOO_DEEP = "[Filtered: nested too deep]"
_CODE_FIELDS = frozenset({"context_line", "pre_context", "post_context"})
_NEVER_PERSONAL = frozenset({"event_id", "release", "dist", "environment", "platform"})
"""Fields of the event itself; a release such as `shop@1.2.3` is no e-mail address."""
_TECHNICAL_FIELDS = frozenset({"modules", "sdk", "debug_meta"})
"""Top-level fields whose names are packages and files, so only their text is looked at."""
_SMALLEST_CARD = 10**12
_MAX_CLEAN_CHARACTERS = 200
_MAX_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Name:
    """What a field's name tells: the rule by which its value goes, and the name to write."""

    rule: str | None
    written: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a container hangs; the way to the root is only spelled out when something is found."""

    parent: Place | None
    step: str | int
    depth: int


@dataclass(slots=True)
class Memory:
    """What stays the same from event to event: verdicts on names, and texts without a finding."""

    names: dict[str, Name] = field(default_factory=dict)
    clean_texts: set[str] = field(default_factory=set)
    clean_code: set[str] = field(default_factory=set)

    def bound(self) -> None:
        """Forget everything when too much has gathered."""
        if len(self.names) + len(self.clean_texts) + len(self.clean_code) > _MAX_REMEMBERED:
            self.names, self.clean_texts, self.clean_code = {}, set(), set()


class Walk:
    """Hides secrets in one event. Keeps its own stack: nesting cannot exhaust the interpreter's.

    notes: what was hidden where, at most `MAX_NOTES`.
    """

    def __init__(
        self,
        name: Callable[[str], Name],
        source_line: Callable[[str], str],
        active: Sequence[TextRule],
        memory: Memory,
    ) -> None:
        self._name = name
        self._source_line = source_line
        self._active = active
        self._known = memory.names
        self._clean = memory.clean_texts
        self._clean_code = memory.clean_code
        self._active_code = [rule for rule in active if rule.name != ASSIGNED]
        self._stack: list[tuple[dict[str, Json] | list[Json], Place | None]] = []
        self.notes: list[Json] = []

    def run(self, event: dict[str, Json]) -> None:
        """Change the event in place."""
        stack = self._stack
        stack.append((event, None))
        while stack:
            node, place = stack.pop()
            if isinstance(node, dict):
                self._dict(node, place)
            else:
                self._list(node, place)

    def note(self, place: Place | None, step: str | int, rule: str) -> None:
        """Remember what was hidden where."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append({"path": _path(place, step), "rule": rule})

    def _dict(self, node: dict[str, Json], place: Place | None) -> None:
        is_technical = place is not None and place.depth == 1 and place.step in _TECHNICAL_FIELDS
        renamed: list[tuple[str, str]] = []
        known, clean = self._known, self._clean
        for key, value in node.items():
            if place is None and key in _NEVER_PERSONAL:
                continue
            name = known.get(key) or self._name(key)
            if name.written != key:
                renamed.append((key, name.written))
            if name.rule is not None and not is_technical:
                self._hide(node, key, place, name)
            elif value.__class__ is str:
                if value not in clean:
                    node[key] = self._text(value, place, name.written)
            elif value.__class__ not in _PLAIN:
                node[key] = self._value(value, place, name.written)
        self._rename(node, renamed, place)
        if "value" in node:
            self._hide_labelled(node, place)
        self._hide_sql_numbers(node, place)

    def _hide(self, node: dict[str, Json], key: str, place: Place | None, name: Name) -> None:
        value = node[key]
        if value is None or isinstance(value, bool) or value in ("", FILTERED):
            return
        node[key] = FILTERED
        self.note(place, name.written, name.rule or "")

    def _rename(
        self, node: dict[str, Json], renamed: list[tuple[str, str]], place: Place | None
    ) -> None:
        for key, written in renamed:
            node[written] = node.pop(key)
            self.note(place, written, "name")

    def _hide_labelled(self, node: dict[str, Json], place: Place | None) -> None:
        """`{"key": "password", "value": …}`: how tags and form fields are sent at times."""
        label = node.get("key") or node.get("name")
        if isinstance(label, str):
            rule = self._name(label).rule
            if rule is not None:
                self._hide(node, "value", place, Name(rule, "value"))

    def _hide_sql_numbers(self, node: dict[str, Json], place: Place | None) -> None:
        for label, name in (("category", "message"), ("op", "description")):
            if label not in node:
                continue
            kind, text = node.get(label), node.get(name)
            if isinstance(kind, str) and isinstance(text, str) and _is_sql(kind):
                hidden = rules.without_long_numbers(text)
                if hidden != text:
                    node[name] = hidden
                    self.note(place, name, "sql_number")

    def _list(self, node: list[Json], place: Place | None) -> None:
        if len(node) == 2 and isinstance(node[0], str):  # a header, cookie or tag as a pair
            rule = self._name(node[0]).rule
            if rule is not None and node[1] not in (None, "", FILTERED):
                node[1] = FILTERED
                self.note(place, 1, rule)
        is_code = place is not None and place.step in _CODE_FIELDS
        clean = self._clean_code if is_code else self._clean
        for at, value in enumerate(node):
            if value.__class__ is str:
                if value not in clean:
                    node[at] = self._text(value, place, at)
            elif value.__class__ not in _PLAIN:
                node[at] = self._value(value, place, at)

    def _value(self, value: Json, place: Place | None, step: str | int) -> Json:
        if isinstance(value, (dict, list)):
            return self._descend(value, place, step)
        if isinstance(value, int) and value >= _SMALLEST_CARD:
            digits = str(value)
            if len(digits) <= 19 and rules.is_card_number(digits):
                self.note(place, step, "card_number")
                return FILTERED
        return value

    def _descend(
        self, value: dict[str, Json] | list[Json], place: Place | None, step: str | int
    ) -> Json:
        depth = place.depth + 1 if place else 1
        if depth > MAX_DEPTH:
            self.note(place, step, "too_deep")
            return _TOO_DEEP
        self._stack.append((value, Place(place, step, depth)))
        return value

    def _text(self, text: str, place: Place | None, step: str | int) -> str:
        if len(text) < 4:
            return text
        if step in _CODE_FIELDS or (place is not None and place.step in _CODE_FIELDS):
            return self._code(text, place, step)
        original = text
        for rule in self._active:
            hidden = rule.hide(text)
            if hidden is not text and hidden != text:
                self.note(place, step, rule.name)
                text = hidden
        if text is original and len(text) <= _MAX_CLEAN_CHARACTERS:
            self._clean.add(text)
        return text

    def _code(self, text: str, place: Place | None, step: str | int) -> str:
        """A source line: names of secrets are no secrets there, quoted values are."""
        if text in self._clean_code:
            return text
        hidden = self._source_line(text)
        for rule in self._active_code:
            hidden = rule.hide(hidden)
        if hidden != text:
            self.note(place, step, "source_line")
        elif len(text) <= _MAX_CLEAN_CHARACTERS:
            self._clean_code.add(text)
        return hidden


_PLAIN = frozenset({bool, float, type(None)})
"""Types that hold no secret."""


def _is_sql(kind: str) -> bool:
    return kind == "query" or kind.startswith(("db", "sql"))


def _path(place: Place | None, step: str | int) -> str:
    """`request.headers.Cookie`, from the root of the event."""
    steps = [str(step)]
    while place is not None:
        steps.append(str(place.step))
        place = place.parent
    return ".".join(reversed(steps))
