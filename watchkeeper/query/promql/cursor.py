"""Where the parser stands in the tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from watchkeeper.query.promql.ast import AGGREGATIONS
from watchkeeper.query.promql.errors import ParseError
from watchkeeper.query.promql.lexer import Kind, Token
from watchkeeper.query.promql.literals import quote, unquote

_KEYWORDS = frozenset(
    {"offset", "by", "without", "on", "ignoring", "group_left", "group_right", "bool"}
)


class Cursor:
    """Reads tokens one by one and words what it did not expect."""

    def __init__(self, text: str, tokens: Sequence[Token], *, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self._tokens = tokens
        self._index = 0
        self._depth = 0

    @property
    def peek(self) -> Token:
        return self._tokens[self._index]

    def at_end(self) -> bool:
        return self.peek.kind is Kind.END

    @property
    def last(self) -> Token:
        """The token taken last."""
        return self._tokens[max(self._index - 1, 0)]

    def take(self) -> Token:
        token = self._tokens[self._index]
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def at(self, symbol: str) -> bool:
        return self.peek.kind is Kind.OP and self.peek.text == symbol

    def take_word(self, *words: str) -> str | None:
        """The next token in lower case if it is one of these keywords, taken; else None."""
        word = self.peek.text.lower()
        if self.peek.kind is Kind.IDENT and word in words:
            self.take()
            return word
        return None

    def expect(self, symbol: str, where: str, *, expected: str | None = None) -> Token:
        if not self.at(symbol):
            raise self.unexpected(where=where, expected=expected or f'"{symbol}"')
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

    def error(self, message: str, token: Token) -> ParseError:
        return ParseError(message, text=self.text, position=token.start)

    def unexpected(
        self, token: Token | None = None, *, where: str = "", expected: str = ""
    ) -> ParseError:
        token = token or self.peek
        message = f"unexpected {_described(token)}"
        if where:
            message += f" in {where}"
        if expected:
            message += f", expected {expected}"
        return self.error(message, token)


def _described(token: Token) -> str:
    if token.kind is Kind.END:
        return "end of input"
    if token.kind is Kind.OP:
        return f'"{token.text}"' if token.text in "(){}[],@:=" else f"<op:{token.text}>"
    if token.kind is Kind.STRING:
        return f"string {quote(token.text)}"
    word = token.text.lower()
    if token.kind is Kind.IDENT and word in _KEYWORDS:
        return f"<{word}>"
    if token.kind is Kind.IDENT and word in AGGREGATIONS:
        return f"<aggr:{word}>"
    return f"{token.kind.value} {quote(token.text)}"
