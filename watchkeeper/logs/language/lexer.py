"""A search as tokens, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.logs.errors import LogSearchInvalid
from watchkeeper.logs.language.fields import field_named

_BREAKS = frozenset(' \t\r\n()"')
_LONGEST = 4_000


class TokenKind(StrEnum):
    """What a token is."""

    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    FIELD = "field"
    WORD = "word"
    PHRASE = "phrase"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """kind, its text without quotes and escapes, and where it stands, half-open.

    parts: of a word, the pieces between its wildcards.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    parts: tuple[str, ...] = ()


def tokens_of(text: str) -> list[Token]:
    """The tokens, the last one END. Raises LogSearchInvalid for a quote that does not end."""
    if len(text) > _LONGEST:
        raise LogSearchInvalid(f"A search has at most {_LONGEST:,} characters", _LONGEST)
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _next(text, at)
        found.append(token)
        at = token.end
    return [*found, Token(TokenKind.END, "", len(text), len(text))]


def _next(text: str, at: int) -> Token:
    first = text[at]
    if first in "()":
        return Token(TokenKind(first), first, at, at + 1)
    if first == '"':
        return _phrase(text, at)
    if first in "-!" and at + 1 < len(text) and text[at + 1] not in " \t\r\n)":
        return Token(TokenKind.NOT, first, at, at + 1)
    field = _field(text, at)
    return field or _word(text, at)


def _phrase(text: str, at: int) -> Token:
    found: list[str] = []
    here = at + 1
    while here < len(text):
        if text[here] == "\\" and here + 1 < len(text) and text[here + 1] in '"\\':
            found.append(text[here + 1])
            here += 2
        elif text[here] == '"':
            phrase = "".join(found)
            return Token(TokenKind.PHRASE, phrase, at, here + 1, (phrase,))
        else:
            found.append(text[here])
            here += 1
    raise LogSearchInvalid('This quotation mark has no end; close it, or write \\"', at)


def _field(text: str, at: int) -> Token | None:
    """`name:`; `http://…`, `12:30` and, as no field has that name, `error: x` begin with words."""
    here = at
    while here < len(text) and (text[here].isalnum() or text[here] in "_.@-/"):
        here += 1
    name = text[at:here]
    if here >= len(text) or text[here] != ":" or not (name[:1].isalpha() or name[:1] in "@_"):
        return None
    rest = text[here + 1 : here + 3]
    has_value = bool(rest) and not rest[0].isspace() and rest != "//" and rest[0] not in ":)"
    if not has_value and field_named(name) is None:
        return None
    return Token(TokenKind.FIELD, name, at, here + 1)


def _word(text: str, at: int) -> Token:
    parts, found, here = [], [], at
    while here < len(text) and text[here] not in _BREAKS:
        if text[here] == "\\" and here + 1 < len(text):
            found.append(text[here + 1])
            here += 2
            continue
        if text[here] == "*":
            parts.append("".join(found))
            found = []
        else:
            found.append(text[here])
        here += 1
    word = text[at:here]
    kind = TokenKind(word) if word in {"AND", "OR", "NOT"} else TokenKind.WORD
    return Token(kind, word, at, here, (*parts, "".join(found)))
