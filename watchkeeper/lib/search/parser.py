"""Tokens to a tree: OR binds least, then AND (also unwritten), then NOT."""

from __future__ import annotations

from collections.abc import Callable

from watchkeeper.lib.search.errors import BadSearch
from watchkeeper.lib.search.lexer import Token, TokenKind, tokens_of
from watchkeeper.lib.search.syntax import All, AnyOf, Node, Not, Syntax, Term

_DEEPEST = 20
_ENDS_ALL = frozenset({TokenKind.OR, TokenKind.CLOSE, TokenKind.END})


def parse(text: str, syntax: Syntax) -> All:
    """The parts of a search that must all hold; none for an empty one.

    Raises BadSearch, whose sentence says what is wrong and whose position says where.
    """
    return _Parser(tokens_of(text, syntax), syntax).whole()


class _Parser:
    """Recursive descent over the tokens, bounded in depth and terms."""

    def __init__(self, tokens: list[Token], syntax: Syntax) -> None:
        self._tokens, self._syntax = tokens, syntax
        self._at = self._depth = self._terms = 0

    def whole(self) -> All:
        end = self._tokens[-1].end
        if self._now().kind is TokenKind.END:
            return All(parts=(), start=0, end=end)
        node = self._either(None)
        if self._now().kind is not TokenKind.END:
            raise BadSearch(
                "This parenthesis was never opened; to search for it, put the text in quotes.",
                position=self._now().start,
            )
        parts = node.parts if isinstance(node, All) else (node,)
        return All(parts=parts, start=0, end=end)

    def _now(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._now()
        self._at += 1
        return token

    def _either(self, key: Token | None) -> Node:
        parts, first_or = [self._all(key)], self._now().start
        while self._now().kind is TokenKind.OR:
            self._take()
            parts.append(self._all(key))
        return parts[0] if len(parts) == 1 else AnyOf(parts=tuple(parts), at=first_or)

    def _all(self, key: Token | None) -> Node:
        start = self._now().start
        parts = [self._one(key)]
        while self._now().kind not in _ENDS_ALL:
            if self._now().kind is TokenKind.AND:
                self._take()
            parts.append(self._one(key))
        if len(parts) == 1:
            return parts[0]
        return All(parts=tuple(parts), start=start, end=self._tokens[self._at - 1].end)

    def _one(self, key: Token | None) -> Node:
        token = self._take()
        if token.kind is TokenKind.KEY and key is not None:
            raise BadSearch(
                f"{token.text}: cannot stand inside {key.text}:(…).", position=token.start
            )
        match token.kind:
            case TokenKind.NOT:
                inner = self._nested(token, lambda: self._one(key))
                return Not(inner=inner, start=token.start)
            case TokenKind.OPEN:
                return self._nested(token, lambda: self._group(token, key))
            case TokenKind.VALUES:
                return self._term(key, token, start=token.start)
            case TokenKind.KEY:
                return self._keyed(token)
            case TokenKind.END:
                raise BadSearch("Something is missing at the end.", position=token.start)
            case _:
                raise BadSearch(
                    f"{token.text} needs something before and after it; to search for the text, "
                    f'put it in quotes: "{token.text}".',
                    position=token.start,
                )

    def _nested(self, token: Token, inner: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadSearch(f"A search goes at most {_DEEPEST} levels deep.", position=token.start)
        node = inner()
        self._depth -= 1
        return node

    def _group(self, opened: Token, key: Token | None) -> Node:
        if self._now().kind is TokenKind.CLOSE:
            raise BadSearch(
                "There is nothing between these parentheses; to search for them, put the text in "
                "quotes.",
                position=opened.start,
            )
        node = self._either(key)
        if self._now().kind is not TokenKind.CLOSE:
            raise BadSearch(
                "This parenthesis is not closed: add a ).",
                position=opened.start,
            )
        closed = self._take()
        parts = node.parts if isinstance(node, All) else (node,)
        is_and = isinstance(node, All | Term)
        return All(parts=parts, start=opened.start, end=closed.end) if is_and else node

    def _keyed(self, key: Token) -> Node:
        token = self._take()
        if token.kind is TokenKind.OPEN:
            return self._nested(token, lambda: self._group(token, key))
        return self._term(key, token, start=key.start)

    def _term(self, key: Token | None, token: Token, *, start: int) -> Term:
        self._terms += 1
        if self._terms > self._syntax.most_terms:
            raise BadSearch(
                f"A search has at most {self._syntax.most_terms} terms; leave some out.",
                position=start,
            )
        name = key.text if key else ""
        return Term(key=name, values=token.values, start=start, value_at=token.start, end=token.end)
