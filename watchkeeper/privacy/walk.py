"""One pass over one event, hiding what the rules name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from watchkeeper.privacy import rules
from watchkeeper.privacy.rules import FILTERED, TextRule
from watchkeeper.privacy.suspect import Suspicion

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Place: TypeAlias = "tuple[Place | None, str | int, int]"
"""Where a container hangs: parent, step, depth. Spelled out only when something is found."""

MAX_NOTES = 50
MAX_DEPTH = 60
_TOO_DEEP = "[Filtered: nested too deep]"
_CODE_FIELDS = frozenset({"context_line", "pre_context", "post_context"})
_NEVER_PERSONAL = frozenset({"event_id", "release", "dist", "environment", "platform"})
"""Fields of the event itself; a release such as `shop@1.2.3` is no e-mail address."""
_TECHNICAL_FIELDS = frozenset({"modules", "sdk", "debug_meta"})
"""Top-level fields whose names are packages and files, so only their text is looked at."""
_SMALLEST_CARD = 10**12
_SHORTEST_SECRET = 4
_MAX_CLEAN_CHARACTERS = 200
_MAX_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Name:
    """What a field's name tells: the rule by which its value goes, and the name to write.

    action: what becomes of the value, if not `FILTERED`; None of it: the field goes.
    is_sql: its value is SQL.
    """

    rule: str | None
    written: str
    action: Callable[[Json], Json] | None = None
    is_sql: bool = False

    def put(self, value: Json) -> Json:
        """What stands instead of a secret value."""
        return FILTERED if self.action is None else self.action(value)


@dataclass(slots=True)
class Memory:
    """What stays the same from event to event: verdicts on names, and texts without a finding."""

    names: dict[str, Name] = field(default_factory=dict)
    clean_texts: set[str] = field(default_factory=set)
    clean_code: set[str] = field(default_factory=set)

    def bound(self) -> None:
        """Forget everything when too much has gathered."""
        if len(self.names) > _MAX_REMEMBERED:
            self.names = {}
        if len(self.clean_texts) + len(self.clean_code) > _MAX_REMEMBERED:
            self.clean_texts, self.clean_code = set(), set()

    def keep_clean(self, texts: Sequence[str]) -> None:
        """Remember texts in which no rule finds anything."""
        self.clean_texts.update([text for text in texts if len(text) <= _MAX_CLEAN_CHARACTERS])

    def keep_clean_code(self, line: str) -> None:
        """Remember a source line in which nothing is hidden."""
        if len(line) <= _MAX_CLEAN_CHARACTERS:
            self.clean_code.add(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a walk looks with: names, text rules, source lines, and what may hold a secret."""

    name: Callable[[str], Name]
    source_line: Callable[[str], str]
    parameters: Callable[[str], set[str]]
    active: Sequence[TextRule]
    suspicion: Suspicion
    every_text: bool
    """True if some rule is not foreseen by `suspicion`, so that each text is looked at."""


class Walk:
    """Hides secrets in one event. Keeps its own stack: nesting cannot exhaust the interpreter's.

    Texts are gathered first and looked at together, as nearly all of them hold nothing.
    notes: what was hidden where, at most `MAX_NOTES`. deepest: what lies deeper is cut off.
    """

    def __init__(self, sight: Sight, memory: Memory, *, deepest: int = MAX_DEPTH) -> None:
        self._sight, self._memory, self.deepest = sight, memory, deepest
        self._stack: list[tuple[dict[str, Json] | list[Json], Place | None]] = []
        self._fresh: list[tuple[dict[str, Json] | list[Json], str | int, Place | None]] = []
        self._texts: list[str] = []
        self._gone: list[tuple[dict[str, Json], str]] = []
        self.notes: list[Json] = []

    def run(self, event: dict[str, Json]) -> None:
        """Change the event in place."""
        stack = self._stack
        stack.append((event, None))
        while stack:
            node, place = stack.pop()
            if node.__class__ is dict:
                self._dict(node, place)
            else:
                self._list(node, place)  # type: ignore[arg-type]  # its exact class was asked
        self._look()
        for container, key in self._gone:
            container.pop(key, None)

    def note(self, place: Place | None, step: str | int, rule: str) -> None:
        """Remember what was hidden where."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append({"path": _path(place, step), "rule": rule})

    def _dict(self, node: dict[str, Json], place: Place | None) -> None:
        is_technical = place is not None and place[2] == 1 and place[1] in _TECHNICAL_FIELDS
        renamed: dict[str, str] = {}
        known, clean = self._memory.names, self._memory.clean_texts
        for key, value in node.items():
            name = known.get(key) or self._sight.name(key)
            if name.written is not key and name.written != key:
                renamed[key] = name.written
            if name.rule is not None and not is_technical:
                self._hide(node, key, place, name)
            elif value.__class__ is str:
                if value not in clean or name.is_sql:
                    self._gather(node, key, place, name)
            elif value.__class__ not in _PLAIN:
                self._other(node, key, value, place)
        self._peculiar(node, place)
        if renamed:
            self._rename(node, renamed, place)

    def _gather(self, node: dict[str, Json], key: str, place: Place | None, name: Name) -> None:
        """Note a text that is to be looked at."""
        if place is None and key in _NEVER_PERSONAL:
            return
        if name.is_sql:
            self._hide_numbers(node, key, place)
        self._fresh.append((node, key, place))
        self._texts.append(str(node[key]))

    def _peculiar(self, node: dict[str, Json], place: Place | None) -> None:
        """Objects whose fields tell about each other: `{"key", "value"}`, spans, breadcrumbs."""
        if "value" in node:
            self._hide_labelled(node, place)
        if "params" in node:
            self._hide_parameters(node, place)
        if "category" in node or "op" in node:
            self._hide_sql_numbers(node, place)

    def _hide(self, node: dict[str, Json], key: str, place: Place | None, name: Name) -> None:
        value = node[key]
        if value is None or isinstance(value, bool) or value in ("", FILTERED):
            return
        node[key] = name.put(value)
        if node[key] is None:
            self._gone.append((node, key))
        self.note(place, name.written, name.rule or "")

    def _rename(self, node: dict[str, Json], renamed: dict[str, str], place: Place | None) -> None:
        for key, written in renamed.items():
            node[written] = node.pop(key)
            self.note(place, written, "name")
        for at, (container, step, where) in enumerate(self._fresh):
            if container is node and step in renamed:
                self._fresh[at] = (container, renamed[str(step)], where)

    def _hide_labelled(self, node: dict[str, Json], place: Place | None) -> None:
        """`{"key": "password", "value": …}`: how tags and form fields are sent at times."""
        label = node.get("key") or node.get("name")
        if isinstance(label, str):
            name = self._sight.name(label)
            if name.rule is not None:
                self._hide(node, "value", place, Name(name.rule, "value", name.action))

    def _hide_parameters(self, node: dict[str, Json], place: Place | None) -> None:
        """`{"message": "token=%s", "params": …}`: what a log message was made of."""
        template, params = node.get("message"), node.get("params")
        if not isinstance(template, str) or not isinstance(params, dict | list):
            return
        items = params.items() if isinstance(params, dict) else enumerate(params)
        secret = self._sight.parameters(template)
        for key in [key for key, _ in items if str(key) in secret]:
            params[key] = FILTERED  # type: ignore[index]  # the key is of its container
            self.note(place, "params", "assigned_secret")

    def _hide_sql_numbers(self, node: dict[str, Json], place: Place | None) -> None:
        for label, name in (("category", "message"), ("op", "description")):
            kind = node.get(label)
            if isinstance(kind, str) and _is_sql(kind):
                self._hide_numbers(node, name, place)

    def _hide_numbers(self, node: dict[str, Json], name: str, place: Place | None) -> None:
        text = node.get(name)
        if isinstance(text, str):
            hidden = rules.without_long_numbers(text)
            if hidden != text:
                node[name] = hidden
                self.note(place, name, "sql_number")

    def _list(self, node: list[Json], place: Place | None) -> None:
        if len(node) == 2 and isinstance(node[0], str):  # a header, cookie or tag as a pair
            name = self._sight.name(node[0])
            if name.rule is not None and node[1] not in (None, "", FILTERED):
                node[1] = name.put(node[1])
                self.note(place, 1, name.rule)
        clean = self._memory.clean_texts
        code = self._memory.clean_code if _is_code("", place) else _NONE
        for at, value in enumerate(node):
            if value.__class__ is str:
                if value not in clean and value not in code:
                    self._fresh.append((node, at, place))
                    self._texts.append(value)
                if at and self._is_flag(node[at - 1]) and value not in ("", FILTERED):
                    node[at] = FILTERED
                    self.note(place, at, "secret_name")
            elif value.__class__ not in _PLAIN:
                self._other(node, at, value, place)

    def _is_flag(self, before: Json) -> bool:
        """True if an argument such as `--password` says that the next one is a secret."""
        if not isinstance(before, str) or not before.startswith("--") or "=" in before:
            return False
        return self._sight.name(before).rule is not None

    def _other(
        self,
        node: dict[str, Json] | list[Json],
        key: str | int,
        value: Json,
        place: Place | None,
    ) -> None:
        """A container, to be walked later, or a number."""
        if isinstance(value, (dict, list)):
            depth = 1 if place is None else place[2] + 1
            if depth <= self.deepest:
                self._stack.append((value, (place, key, depth)))
                return
            rule, hidden = "too_deep", _TOO_DEEP
        elif isinstance(value, int | float) and _is_card(value):
            rule, hidden = "card_number", FILTERED
        else:
            return
        node[key] = hidden  # type: ignore[index]  # the key is of its container
        self.note(place, key, rule)

    def _look(self) -> None:
        """Take out what the gathered texts hold."""
        if not self._texts:
            return
        sight, fresh, texts = self._sight, self._fresh, self._texts
        places: Sequence[int] = range(len(texts))
        if not sight.every_text:
            places = sight.suspicion.among(texts)
            suspects = set(places)
            self._memory.keep_clean([t for at, t in enumerate(texts) if at not in suspects])
        for at in places:
            node, key, place = fresh[at]
            text: Json = node[key]  # type: ignore[index]
            if isinstance(text, str) and len(text) >= _SHORTEST_SECRET:
                node[key] = self._text(text, place, key)  # type: ignore[index]

    def _text(self, text: str, place: Place | None, step: str | int) -> str:
        if _is_code(step, place):
            return self._code(text, place, step)
        original = text
        for rule in self._sight.active:
            hidden = rule.hide(text)
            if hidden is not text and hidden != text:
                self.note(place, step, rule.name)
                text = hidden
        if text is original:
            self._memory.keep_clean((text,))
        return text

    def _code(self, text: str, place: Place | None, step: str | int) -> str:
        """A source line: names of secrets are no secrets there, quoted values are."""
        if text in self._memory.clean_code:
            return text
        hidden = self._sight.source_line(text)
        if hidden != text:
            self.note(place, step, "source_line")
        else:
            self._memory.keep_clean_code(text)
        return hidden


_PLAIN = frozenset({bool, type(None), orjson.Fragment})
"""Types that hold no secret; a fragment is a part that was looked at before, see familiar.py."""
_NONE: frozenset[str] = frozenset()


def _is_code(step: str | int, place: Place | None) -> bool:
    return step in _CODE_FIELDS or (place is not None and place[1] in _CODE_FIELDS)


def _is_card(number: float) -> bool:
    if not _SMALLEST_CARD <= number < 10**19 or number != int(number):
        return False
    return rules.is_card_number(str(int(number)))


def _is_sql(kind: str) -> bool:
    return kind == "query" or kind.startswith(("db", "sql"))


def _path(place: Place | None, step: str | int) -> str:
    """`request.headers.Cookie`, from the root of the event."""
    steps = [str(step)]
    while place is not None:
        steps.append(str(place[1]))
        place = place[0]
    return ".".join(reversed(steps))
