"""Template text to pieces, and an action's inside to tokens."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.alerting.rules.templates.errors import TemplateSyntax


class Kind(StrEnum):
    """What a token of an action is."""

    STRING = "string"
    NUMBER = "number"
    FIELD = "field"
    VARIABLE = "variable"
    WORD = "word"
    DOT = "dot"
    SIGN = "sign"
    SPACE = "space"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """text: as written, strings and characters already decoded."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Plain text between actions, or the tokens of one action."""

    line: int
    text: str = ""
    tokens: tuple[Token, ...] | None = None


_ACTION = re.compile(
    r"""\{\{(-\s)?\s*(?:(/\*.*?\*/)|((?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|(?!\}\}|\s-\}\}).)*))(\s-)?\s*\}\}""",
    re.DOTALL,
)
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<char>'(?:[^'\\\n]|\\.)+')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))
    |(?P<variable>\$[A-Za-z0-9_]*)
    |(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)
    |(?P<dot>\.)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>:=|=|\||\(|\)|,)""",
    re.VERBOSE,
)


def split(source: str) -> Iterator[Piece]:
    """Text and actions in order; trim markers applied, comments left out. Raises TemplateSyntax."""
    at, trim_next = 0, False
    while True:
        start = source.find("{{", at)
        text = source[at:] if start < 0 else source[at:start]
        text = text.lstrip() if trim_next else text
        line = source.count("\n", 0, at) + 1
        if start < 0:
            yield Piece(line, text)
            return
        match = _ACTION.match(source, start)
        line = source.count("\n", 0, start) + 1
        if match is None:
            raise TemplateSyntax("unclosed action", line)
        yield Piece(line, text.rstrip() if match.group(1) else text)
        if match.group(2) is None:
            yield Piece(line, tokens=tuple(_tokens(match.group(3), line)))
        at, trim_next = match.end(), bool(match.group(4))


def _tokens(inside: str, line: int) -> Iterator[Token]:
    at = 0
    while at < len(inside):
        match = _TOKEN.match(inside, at)
        if match is None:
            raise TemplateSyntax(f"unexpected {inside[at]!r} in action", line)
        at = match.end()
        yield _token(match.lastgroup or "", match.group(), line)
    yield Token(Kind.END, "")


def _token(kind: str, text: str, line: int) -> Token:
    if kind == "string":
        return Token(Kind.STRING, text[1:-1] if text[0] == "`" else _decoded(text, line))
    if kind == "char":
        return Token(Kind.NUMBER, str(ord(_decoded(text, line)[:1] or "\0")))
    return Token(Kind(kind), text)


def _decoded(text: str, line: int) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError) as error:
        raise TemplateSyntax(f"bad string {text}", line) from error
