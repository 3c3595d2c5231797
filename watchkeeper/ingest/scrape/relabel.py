"""Relabelling: rewriting label sets, or dropping what carries them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import md5

from watchkeeper.lib.go_regex import GoRegex, expand


class Action(StrEnum):
    """What a relabelling step does. Names are Prometheus's."""

    REPLACE = "replace"
    KEEP = "keep"
    DROP = "drop"
    KEEPEQUAL = "keepequal"
    DROPEQUAL = "dropequal"
    HASHMOD = "hashmod"
    LABELMAP = "labelmap"
    LABELDROP = "labeldrop"
    LABELKEEP = "labelkeep"
    LOWERCASE = "lowercase"
    UPPERCASE = "uppercase"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelabelStep:
    """One entry of relabel_configs or metric_relabel_configs.

    utf8_names: a label that it makes may have any name.
    """

    action: Action
    source_labels: tuple[str, ...]
    separator: str
    regex: GoRegex
    is_default_regex: bool
    target_label: str
    replacement: str
    modulus: int
    utf8_names: bool = False


LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def is_label_name(text: str, *, utf8: bool) -> bool:
    """True for a good label name. utf8: any text but none at all is one."""
    return bool(text) if utf8 else LABEL_NAME.fullmatch(text) is not None


def relabel(labels: dict[str, str], steps: Iterable[RelabelStep]) -> dict[str, str] | None:
    """The labels after all steps, without empty ones; None if a step dropped them."""
    for step in steps:
        if not _ACTIONS[step.action](labels, step):
            return None
    return {name: value for name, value in labels.items() if value}


def _joined(labels: dict[str, str], step: RelabelStep) -> str:
    return step.separator.join(labels.get(name, "") for name in step.source_labels)


def _set(labels: dict[str, str], name: str, value: str) -> bool:
    if value:
        labels[name] = value
    else:
        labels.pop(name, None)
    return True


def _replace(labels: dict[str, str], step: RelabelStep) -> bool:
    match = step.regex.fullmatch(_joined(labels, step))
    if match is None:
        return True
    name = expand(step.target_label, match)
    if not is_label_name(name, utf8=step.utf8_names):
        return True
    return _set(labels, name, expand(step.replacement, match))


def _keep(labels: dict[str, str], step: RelabelStep) -> bool:
    return step.regex.matches(_joined(labels, step))


def _drop(labels: dict[str, str], step: RelabelStep) -> bool:
    return not _keep(labels, step)


def _keepequal(labels: dict[str, str], step: RelabelStep) -> bool:
    return labels.get(step.target_label, "") == _joined(labels, step)


def _dropequal(labels: dict[str, str], step: RelabelStep) -> bool:
    return not _keepequal(labels, step)


def _hashmod(labels: dict[str, str], step: RelabelStep) -> bool:
    digest = md5(_joined(labels, step).encode(), usedforsecurity=False).digest()
    return _set(labels, step.target_label, str(int.from_bytes(digest[8:], "big") % step.modulus))


def _lowercase(labels: dict[str, str], step: RelabelStep) -> bool:
    return _set(labels, step.target_label, _joined(labels, step).lower())


def _uppercase(labels: dict[str, str], step: RelabelStep) -> bool:
    return _set(labels, step.target_label, _joined(labels, step).upper())


def _labelmap(labels: dict[str, str], step: RelabelStep) -> bool:
    for name, value in list(labels.items()):
        match = step.regex.fullmatch(name)
        if match:
            labels[expand(step.replacement, match)] = value
    return True


def _without(labels: dict[str, str], names: Sequence[str]) -> bool:
    for name in names:
        del labels[name]
    return True


def _labeldrop(labels: dict[str, str], step: RelabelStep) -> bool:
    return _without(labels, [name for name in labels if step.regex.matches(name)])


def _labelkeep(labels: dict[str, str], step: RelabelStep) -> bool:
    return _without(labels, [name for name in labels if not step.regex.matches(name)])


_ACTIONS: dict[Action, Callable[[dict[str, str], RelabelStep], bool]] = {
    Action.REPLACE: _replace,
    Action.KEEP: _keep,
    Action.DROP: _drop,
    Action.KEEPEQUAL: _keepequal,
    Action.DROPEQUAL: _dropequal,
    Action.HASHMOD: _hashmod,
    Action.LABELMAP: _labelmap,
    Action.LABELDROP: _labeldrop,
    Action.LABELKEEP: _labelkeep,
    Action.LOWERCASE: _lowercase,
    Action.UPPERCASE: _uppercase,
}
