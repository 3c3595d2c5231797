"""Tokens to a tree: OR binds least, then AND (also unwritten), then NOT."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from watchkeeper.logs.errors import LogSearchInvalid
from watchkeeper.logs.language.fields import LEVELS, Field, FieldKind, field_named, level_of
from watchkeeper.logs.language.lexer import Token, TokenKind, tokens_of
from watchkeeper.logs.language.nodes import (
    Always,
    And,
    Comparison,
    Exists,
    Matches,
    Node,
    Not,
    Number,
    Or,
    SeverityIn,
    Text,
    lowered,
)

_DEEPEST = 20
_MOST_TERMS = 100
_OPERATOR = re.compile(r"(>=|<=|>|<)(.*)", re.DOTALL)
_RANKS: dict[Comparison, Callable[[int, int], bool]] = {
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
}
_COMPARISONS: dict[str, Comparison] = {each: each for each in _RANKS}
_PATTERN_ID = re.compile(r"[0-9a-f]{16}")


def parse_search(text: str) -> Node:
    """The tree of a search; Always for an empty one. Raises LogSearchInvalid with a position."""
    return _Parser(tokens_of(text)).whole()


class _Parser:
    """Recursive descent over the tokens, bounded in depth and terms."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at = tokens, 0
        self._depth = self._terms = 0

    def whole(self) -> Node:
        if self._now().kind is TokenKind.END:
            return Always()
        node = self._either(None)
        if self._now().kind is not TokenKind.END:
            raise LogSearchInvalid("This parenthesis was never opened", self._now().start)
        return node

    def _now(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._now()
        self._at += 1
        return token

    def _either(self, field: Field | None) -> Node:
        parts = [self._all(field)]
        while self._now().kind is TokenKind.OR:
            self._take()
            parts.append(self._all(field))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, field: Field | None) -> Node:
        parts = [self._one(field)]
        while self._now().kind not in {TokenKind.OR, TokenKind.CLOSE, TokenKind.END}:
            if self._now().kind is TokenKind.AND:
                self._take()
            parts.append(self._one(field))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, field: Field | None) -> Node:
        token = self._take()
        match token.kind:
            case TokenKind.NOT:
                return Not(self._nested(token, lambda: self._one(field)))
            case TokenKind.OPEN:
                return self._nested(token, lambda: self._group(token, field))
            case TokenKind.FIELD if field is None:
                return self._of_field(token)
            case TokenKind.WORD | TokenKind.PHRASE:
                self._count(token)
                return _value(field, token) if field else _text(token)
            case TokenKind.FIELD:
                raise LogSearchInvalid("A field cannot stand inside another one", token.start)
            case TokenKind.END:
                raise LogSearchInvalid("Something is missing at the end", token.start)
            case _:
                raise LogSearchInvalid(
                    f"{token.text} needs something before and after it; put it in quotes to search "
                    "for the word",
                    token.start,
                )

    def _nested(self, token: Token, inner: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise LogSearchInvalid(f"More than {_DEEPEST} levels inside each other", token.start)
        node = inner()
        self._depth -= 1
        return node

    def _group(self, opened: Token, field: Field | None) -> Node:
        if self._now().kind is TokenKind.CLOSE:
            raise LogSearchInvalid("There is nothing between these parentheses", opened.start)
        node = self._either(field)
        if self._now().kind is not TokenKind.CLOSE:
            raise LogSearchInvalid("This parenthesis has no end", opened.start)
        self._take()
        return node

    def _of_field(self, token: Token) -> Node:
        if token.text == "has":
            self._count(token)
            return Exists(_known(self._value_token(token)))
        field = _known(token)
        if self._now().kind is TokenKind.OPEN and self._now().start == token.end:
            opened = self._take()
            return self._nested(opened, lambda: self._group(opened, field))
        self._count(token)
        return _value(field, self._value_token(token))

    def _value_token(self, field: Token) -> Token:
        token = self._take()
        if token.kind in {TokenKind.FIELD, TokenKind.NOT} and token.start == field.end:
            return self._joined(token)
        if token.start != field.end or token.kind not in {TokenKind.WORD, TokenKind.PHRASE}:
            raise LogSearchInvalid(f"{field.text}: needs a value right after it", field.end)
        return token

    def _joined(self, first: Token) -> Token:
        """A value that itself looks like a field (`a:b:c`) or is negative (`-5`)."""
        text = first.text + (":" if first.kind is TokenKind.FIELD else "")
        rest = self._value_token(first)
        head, *tail = rest.parts
        return Token(rest.kind, text + rest.text, first.start, rest.end, (text + head, *tail))

    def _count(self, token: Token) -> None:
        self._terms += 1
        if self._terms > _MOST_TERMS:
            raise LogSearchInvalid(f"A search has at most {_MOST_TERMS} conditions", token.start)


def _known(token: Token) -> Field:
    field = field_named(token.text)
    if field is None:
        raise LogSearchInvalid(
            f"There is no field {token.text[:60]!r}; write attr.{token.text[:60]}: for an "
            "attribute, or quotes to search for the text",
            token.start,
        )
    return field


def _text(token: Token) -> Node:
    parts = tuple(lowered(part) for part in token.parts)
    if not any(parts):
        if token.kind is TokenKind.WORD:
            return Always()
        raise LogSearchInvalid("There is nothing between these quotes", token.start)
    return Text(parts)


def _value(field: Field, token: Token) -> Node:
    """The condition that `field:token` means."""
    is_word = token.kind is TokenKind.WORD
    if is_word and token.text == "*":
        return Exists(field)
    compared = _OPERATOR.fullmatch(token.text) if is_word else None
    match field.kind:
        case FieldKind.LEVEL:
            return _levels(token, compared)
        case FieldKind.ATTRIBUTE if compared:
            return Number(field, _COMPARISONS[compared[1]], _number(compared[2], token))
        case FieldKind.ID:
            parts = tuple(part.lower().replace("-", "") for part in token.parts)
            return Matches(field, parts)
        case FieldKind.PATTERN if not _PATTERN_ID.fullmatch(token.text.lower()):
            raise LogSearchInvalid("A pattern's id has 16 hex digits", token.start)
        case _:
            return Matches(field, token.parts)


def _levels(token: Token, compared: re.Match[str] | None) -> Node:
    word = compared[2] if compared else token.text
    level = level_of(word)
    if level is None:
        raise LogSearchInvalid(
            f"There is no level {word[:40]!r}; levels are {', '.join(LEVELS)}", token.start
        )
    if compared is None:
        return SeverityIn((level,))
    holds = _RANKS[_COMPARISONS[compared[1]]]
    rank = LEVELS.index(level)
    return SeverityIn(tuple(each for at, each in enumerate(LEVELS) if holds(at, rank)))


def _number(text: str, token: Token) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not math.isfinite(number):
        raise LogSearchInvalid(f"{text[:40]!r} is no number to compare with", token.start)
    return number
