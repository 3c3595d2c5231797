"""Where the parser stands in the tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from watchkeeper.query.promql.ast import AGGREGATIONS, Node
from watchkeeper.query.promql.errors import ParseError
from watchkeeper.query.promql.lexer import Kind, Token, is_fill
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.strings import unquote

_MODIFIERS = frozenset(
    {
        "offset", "smoothed", "anchored", "by", "without", "on", "ignoring", "group_left",
        "group_right", "bool",
    }
)  # fmt: skip
_PREPROCESSORS = frozenset({"start", "end", "step", "range", "max_of", "min_of"})
_WORD_OPERATORS = frozenset({"and", "or", "unless", "atan2"})
_PUNCTUATION = frozenset("(){}[],:=")
LABEL_MATCHING = "label matching"
NOT_CALLABLE = _MODIFIERS | _WORD_OPERATORS | AGGREGATIONS
"""Words that are metrics, not functions, where an expression starts."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the parser was reading, as the message about an unexpected token says it."""

    where: str = ""
    expected: str = ""


class Cursor:
    """Reads tokens one by one and words what it did not expect."""

    def __init__(
        self, text: str, tokens: Sequence[Token], *, max_depth: int, experimental: bool = True
    ) -> None:
        self.text = text
        self.max_depth = max_depth
        self.experimental = experimental
        self._tokens = tokens
        self._index = 0
        self._depth = 0
        self._contexts = [Context()]

    @property
    def peek(self) -> Token:
        """The next token. Raises ParseError if there the text cannot be read."""
        token = self._tokens[self._index]
        if token.kind is Kind.ERROR:
            raise self.error(token.text, token)
        return token

    def at_end(self) -> bool:
        return self.peek.kind is Kind.END

    @property
    def last(self) -> Token:
        """The token taken last."""
        return self._tokens[max(self._index - 1, 0)]

    def take(self) -> Token:
        token = self.peek
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def at(self, *symbols: str) -> bool:
        return self.peek.kind is Kind.OP and self.peek.text in symbols

    def word(self) -> str:
        """The next token in lower case if it is an identifier without colons, else ""."""
        return self.peek.text.lower() if self.peek.kind is Kind.IDENT else ""

    def take_word(self, *words: str) -> str | None:
        """The next token in lower case if it is one of these keywords, taken; else None."""
        word = self.word()
        if word in words:
            self.take()
            return word
        return None

    def take_fill(self, *words: str) -> str | None:
        """As `take_word` for the fill modifiers, which are words only before a parenthesis."""
        return self.take_word(*words) if is_fill(self.peek, self.text) else None

    def expect(self, symbol: str) -> Token:
        """The symbol, taken. Raises ParseError in the words of the innermost context."""
        if not self.at(symbol):
            raise self.unexpected()
        return self.take()

    def string(self, token: Token) -> str:
        """The value of a string token. Raises ParseError on a bad escape."""
        try:
            return unquote(token.text)
        except ValueError as problem:
            raise self.error(str(problem), token) from None

    @contextmanager
    def nested(self) -> Iterator[None]:
        """One level deeper. Raises ParseError beyond the depth limit."""
        self._depth += 1
        if self._depth > self.max_depth:
            raise self.error("expression is nested too deeply", self.peek)
        try:
            yield
        finally:
            self._depth -= 1

    @contextmanager
    def reading(self, where: str, expected: str = "") -> Iterator[None]:
        """What is read inside is told about in these words if it is not expected."""
        self._contexts.append(Context(where, expected))
        try:
            yield
        finally:
            self._contexts.pop()

    def error(self, message: str, at: Token | Node) -> ParseError:
        return ParseError(message, text=self.text, position=at.start)

    def unexpected(
        self, token: Token | None = None, *, where: str = "", expected: str = ""
    ) -> ParseError:
        """The error about a token (the next one), in the given words or the context's."""
        token = token or self.peek
        context = Context(where, expected) if where else self._contexts[-1]
        is_label = context.where == LABEL_MATCHING
        message = f"unexpected {_plain(token) if is_label else self._described(token)}"
        if context.where:
            message += f" in {context.where}"
        if context.expected:
            message += f", expected {context.expected}"
        return self.error(message, token)

    def _described(self, token: Token) -> str:
        word = token.text.lower()
        if token.kind is Kind.IDENT and (word in _MODIFIERS or is_fill(token, self.text)):
            return f"<{token.text}>"
        if token.kind is Kind.IDENT and word in AGGREGATIONS:
            return f"<aggr:{token.text}>"
        if token.kind is Kind.IDENT and word in _WORD_OPERATORS:
            return f"<op:{token.text}>"
        if token.kind is Kind.IDENT and word in _PREPROCESSORS:
            return quote(token.text)
        return _plain(token)


def _plain(token: Token) -> str:
    """The token where keywords mean nothing."""
    if token.kind is Kind.END:
        return "end of input"
    if token.kind is Kind.OP:
        return quote(token.text) if token.text in _PUNCTUATION else f"<op:{token.text}>"
    is_long = token.kind not in (Kind.IDENT, Kind.METRIC) and len(token.text.encode()) > 10
    shown = f"{quote(token.text[:10])}..." if is_long else quote(token.text)
    return f"{token.kind.value} {shown}"
