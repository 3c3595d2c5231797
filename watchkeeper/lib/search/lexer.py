"""A search as tokens, each with its place.

Addresses, times, arrows and code are words: `http://a/b`, `12:30`, `a::b`, `f(x, y)`, `a -> b`,
`error: no such file`. So a parenthesis groups only where a word begins, and one inside a word is
closed by the next one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.lib.search.errors import BadSearch
from watchkeeper.lib.search.syntax import Syntax, Value

_SPACE = re.compile(r"\s+")
_KEY = re.compile(r'(tags?\[[^\]"\n]{1,200}\]|[^\W\d][\w.@/-]*|@[\w.@/-]+):(?!//)')
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_BLANKS_BEFORE_STOP = re.compile(r"\s+(?=[,\]])")
_NO_NEGATION_BEFORE = frozenset("-!)=>")
_ESCAPED = frozenset('"\\*(),[] ')
_ESCAPED_IN_QUOTES = frozenset('"\\*')


class TokenKind(StrEnum):
    """What a token is."""

    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    KEY = "key"
    VALUES = "values"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """text: as written, of a KEY its name. values: of VALUES, one for a word."""

    kind: TokenKind
    text: str
    start: int
    end: int
    values: tuple[Value, ...] = ()


def tokens_of(text: str, syntax: Syntax) -> list[Token]:
    """The tokens, the last one END. Raises BadSearch for what is not closed."""
    if len(text) > syntax.most_characters:
        raise BadSearch(
            f"A search has at most {syntax.most_characters:,} characters, this one has "
            f"{len(text):,}; leave some out.",
            position=syntax.most_characters,
        )
    return _Lexer(text, syntax).tokens()


class _Lexer:
    """One pass from left to right. open_in_words: parentheses that words opened and left open."""

    def __init__(self, text: str, syntax: Syntax) -> None:
        self._text, self._syntax = text, syntax
        self._open_in_words = 0

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        at, size = 0, len(self._text)
        while at < size:
            if space := _SPACE.match(self._text, at):
                at = space.end()
                continue
            is_value = bool(found) and found[-1].kind is TokenKind.KEY
            token = self._value(at) if is_value else self._next(at)
            found.append(token)
            at = token.end
        return [*found, Token(kind=TokenKind.END, text="", start=size, end=size)]

    def _next(self, at: int) -> Token:
        first = self._text[at]
        if first == "(" or (first == ")" and not self._open_in_words):
            return self._token(TokenKind(first), at, at + 1)
        if first in "-!" and self._negates(at):
            return self._token(TokenKind.NOT, at, at + 1)
        if key := self._key(at):
            return key
        value = self._word(at)
        written = self._text[at : value.end]
        if written in _OPERATORS:
            return self._token(TokenKind(written), at, value.end)
        return self._values([value], at, value.end)

    def _negates(self, at: int) -> bool:
        following = self._text[at + 1 : at + 2]
        return bool(following.strip()) and following not in _NO_NEGATION_BEFORE

    def _key(self, at: int) -> Token | None:
        """`name:` with a value behind it, or of a key that is known."""
        found = _KEY.match(self._text, at)
        if found is None:
            return None
        rest = self._text[found.end() : found.end() + 1]
        has_value = rest != "" and not rest.isspace() and rest not in ":)"
        if not has_value and not (rest != ":" and self._syntax.is_key(found[1])):
            return None
        if not has_value:
            raise BadSearch(
                f"{found[1]}: needs a value right after it; to search for the text, put it in "
                "quotes.",
                position=found.end(),
            )
        return Token(kind=TokenKind.KEY, text=found[1], start=at, end=found.end())

    def _value(self, at: int) -> Token:
        """What stands right behind `key:`."""
        if self._text[at] == "(":
            return self._token(TokenKind.OPEN, at, at + 1)
        if self._text[at] == "[":
            return self._list(at)
        values = [self._word(at, stops=",")]
        while self._text[values[-1].end : values[-1].end + 1] == ",":
            values.append(self._word(values[-1].end + 1, stops=","))
        for each in values:
            if each.start == each.end:
                raise BadSearch(
                    "A value is missing beside this comma, which stands between values that may "
                    "either hold; put a text with a comma in quotes.",
                    position=min(each.start, len(self._text)),
                )
        return self._values(values, at, values[-1].end)

    def _list(self, at: int) -> Token:
        """`[a, "b c"]`; values without quotes may hold blanks."""
        values: list[Value] = []
        end = at + 1
        while end < len(self._text):
            if self._text[end] == "," or self._text[end].isspace():
                end += 1
            elif self._text[end] == "]":
                if not values:
                    raise BadSearch("The list is empty: name at least one value.", position=at)
                return self._values(values, at, end + 1)
            else:
                values.append(self._word(end, stops=",]", holds_blanks=True))
                end = values[-1].end
        raise BadSearch("This list is not closed: add a ].", position=at)

    def _word(self, at: int, *, stops: str = "", holds_blanks: bool = False) -> Value:
        """One value, up to a blank, one of `stops`, or a parenthesis that closes a group."""
        text, end, pieces = self._text, at, _Pieces()
        while end < len(text):
            char = text[end]
            if char in stops or (char.isspace() and not holds_blanks):
                break
            if holds_blanks and _BLANKS_BEFORE_STOP.match(text, end):
                break
            if char in "()" and not holds_blanks and not self._is_of_a_word(char):
                break
            end = self._quoted(end, pieces) if char == '"' else pieces.add(text, end, _ESCAPED)
        quoted = text[at : at + 1] == '"'
        return Value(parts=pieces.whole(), start=at, end=end, quoted=quoted)

    def _is_of_a_word(self, parenthesis: str) -> bool:
        if parenthesis == ")" and not self._open_in_words:
            return False
        self._open_in_words += 1 if parenthesis == "(" else -1
        return True

    def _quoted(self, at: int, pieces: _Pieces) -> int:
        """Adds what stands in quotes; the place behind them."""
        end = at + 1
        while end < len(self._text):
            if self._text[end] == '"':
                return end + 1
            end = pieces.add(self._text, end, _ESCAPED_IN_QUOTES)
        raise BadSearch(
            'This quote is not closed: add a ", or write \\" for the mark.',
            position=at,
        )

    def _token(self, kind: TokenKind, start: int, end: int) -> Token:
        return Token(kind=kind, text=self._text[start:end], start=start, end=end)

    def _values(self, values: list[Value], start: int, end: int) -> Token:
        text = self._text[start:end]
        found = tuple(values)
        return Token(kind=TokenKind.VALUES, text=text, start=start, end=end, values=found)


class _Pieces:
    """What a value is made of between its wildcards."""

    def __init__(self) -> None:
        self._done, self._last = list[str](), list[str]()

    def add(self, text: str, at: int, escaped: frozenset[str]) -> int:
        """Take the character at a place; where the next one is."""
        char = text[at]
        if char == "*":
            self._done.append("".join(self._last))
            self._last = []
        elif char == "\\" and text[at + 1 : at + 2] in escaped:
            self._last.append(text[at + 1])
            return at + 2
        else:
            self._last.append(char)
        return at + 1

    def whole(self) -> tuple[str, ...]:
        return (*self._done, "".join(self._last))
