"""A project's own rules, ready to be applied."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from watchkeeper.lib.go_regex import compile_search
from watchkeeper.privacy import rules
from watchkeeper.privacy.hashing import hashed
from watchkeeper.privacy.paths import Container, Path, parse_path, places
from watchkeeper.privacy.policy import Action, Policy, Rule, RuleKind
from watchkeeper.privacy.rules import FILTERED, TextRule
from watchkeeper.privacy.walk import Json, Name, Walk

_Put = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class _Named:
    id: str
    action: Action


@dataclass(frozen=True, slots=True)
class _Placed:
    id: str
    action: Action
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRules:
    """texts: its text rules. names: plain names that are secret by its rules."""

    texts: tuple[TextRule, ...]
    names: frozenset[str]
    _named: dict[str, _Named]
    _placed: tuple[_Placed, ...]
    _salt: bytes

    @classmethod
    def of(cls, policy: Policy | None, salt: bytes) -> OwnRules:
        """The rules of a policy that has been checked; none without one."""
        asked = policy.rules if policy is not None else ()
        ids = [(f"rule:{at + 1}", rule) for at, rule in enumerate(asked)]
        named: dict[str, _Named] = {}
        for rule_id, rule in ids:
            if rule.kind is RuleKind.NAME:
                named.setdefault(rules.plain_name(rule.pattern), _Named(rule_id, rule.action))
        return cls(
            texts=tuple(_text(i, r, salt) for i, r in ids if r.kind is RuleKind.TEXT),
            names=frozenset(n for n, rule in named.items() if rule.action is not Action.KEEP),
            _named=named,
            _placed=tuple(
                _Placed(i, r.action, parse_path(r.pattern))
                for i, r in ids
                if r.kind is RuleKind.PATH
            ),
            _salt=salt,
        )

    @property
    def has_paths(self) -> bool:
        """True if some rule names a place in the event."""
        return bool(self._placed)

    def named(self, name: str, default: str | None, written: str) -> Name:
        """What a field's name tells; default: the rule that would hide its value otherwise."""
        found = self._named.get(rules.plain_name(name)) if self._named else None
        if found is None:
            return Name(default, written)
        if found.action is Action.KEEP:
            return Name(None, written)
        return Name(found.id, written, self._put(found.action))

    def at_attribute(self, name: str) -> Name | None:
        """What path rules tell of an attribute of a span or log line; None: nothing."""
        for rule in self._placed:
            if _leads_to(rule.path, name):
                if rule.action is Action.KEEP:
                    return Name(None, name)
                return Name(rule.id, name, self._put(rule.action))
        return None

    def apply_paths(self, event: dict[str, Json], walk: Walk) -> list[Callable[[], None]]:
        """Apply the path rules; what is returned puts back, after the walk, what is to be kept."""
        put_back: list[Callable[[], None]] = []
        decided: set[tuple[int, str | int]] = set()
        for rule in self._placed:
            for node, key, where in list(places(event, rule.path, deepest=walk.deepest)):
                if (id(node), key) in decided:
                    continue
                decided.add((id(node), key))
                if rule.action is Action.KEEP:
                    put_back.append(_keeper(node, key, where, walk))
                else:
                    _change(node, key, self._put(rule.action))
                    walk.note(None, where, rule.id)
        return put_back

    def _put(self, action: Action) -> _Put:
        if action is Action.REMOVE:
            return lambda _value: None
        if action is Action.HASH:
            return lambda value: hashed(value, self._salt)
        return lambda _value: FILTERED


def _text(rule_id: str, rule: Rule, salt: bytes) -> TextRule:
    expression = compile_search(rule.pattern)

    def hide(text: str) -> str:
        if not expression.matches(text):
            return text
        if rule.action is Action.REMOVE:
            return expression.sub(text, lambda _match: "")
        if rule.action is Action.HASH:
            return expression.sub(text, lambda match: hashed(match.group(0), salt))
        return expression.sub(text, lambda _match: FILTERED)

    return TextRule(rule_id, hide)


def _leads_to(path: Path, name: str) -> bool:
    """`attributes.a.b`, `attributes."a.b"`, `a.b` and `"a.b"` all mean the attribute `a.b`."""
    steps = tuple(name.split("."))
    forms = ((name,), steps, ("attributes", name), ("attributes", *steps))
    return any(path.matches(form) for form in forms)


def _change(node: Container, key: str | int, put: _Put) -> None:
    if isinstance(node, dict):
        changed = put(node[str(key)])
        if changed is None:
            node.pop(str(key))
        else:
            node[str(key)] = changed
    else:
        node[int(key)] = put(node[int(key)])


def _keeper(node: Container, key: str | int, where: str, walk: Walk) -> Callable[[], None]:
    """Puts the value back as it is now, and unsays what was noted about it."""
    value = deepcopy(node[key])  # type: ignore[index]  # the key is of its container

    def put() -> None:
        node[key] = value  # type: ignore[index]
        inside = f"{where}."
        walk.notes[:] = [
            note
            for note in walk.notes
            if not (
                isinstance(note, dict)
                and isinstance(path := note.get("path"), str)
                and (path == where or path.startswith(inside))
            )
        ]

    return put
