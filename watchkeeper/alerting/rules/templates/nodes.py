"""The tree of a parsed template."""

from __future__ import annotations

from dataclasses import dataclass

Const = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Const


@dataclass(frozen=True, slots=True)
class Chain:
    """A value and the fields that are taken of it in turn. root None: the dot."""

    root: Variable | Pipeline | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A `$name`; the name is empty for `$`, the value that the template was given."""

    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """A function by name."""

    name: str


Operand = Literal | Chain | Word


@dataclass(frozen=True, slots=True)
class Command:
    """An operand and its arguments."""

    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands of which each gets the result of the one before as its last argument.

    declares: variables that get the result; is_new: `:=` rather than `=`.
    """

    commands: tuple[Command, ...]
    declares: tuple[str, ...] = ()
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is printed as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Print:
    """A pipeline whose value is printed, unless it declares a variable."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """if, with or range: keyword, condition, body, else."""

    keyword: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """A `template "name" pipeline`."""

    name: str
    pipeline: Pipeline | None


@dataclass(frozen=True, slots=True)
class Leave:
    """A break or continue."""

    keyword: str


Node = Text | Print | Branch | Include | Leave


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template and what it defines by name."""

    body: tuple[Node, ...]
    defined: dict[str, tuple[Node, ...]]
