"""What a search is made of, before anyone knows what its keys mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """What one kind of search sets. is_key: of a name and aliases, so that `key: x` is refused."""

    is_key: Callable[[str], bool]
    most_characters: int = 4_000
    most_terms: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A word, or what stands behind `key:`. start, end: its place in the text, half-open.

    parts: the pieces between its wildcards, without quotes and escapes; one if it has none.
    quoted: it begins with a quotation mark, so that its first characters are no sign.
    """

    parts: tuple[str, ...]
    start: int
    end: int
    quoted: bool = False

    @property
    def text(self) -> str:
        """The value with `*` for each wildcard."""
        return "*".join(self.parts)

    @property
    def is_anything(self) -> bool:
        """True for wildcards alone."""
        return len(self.parts) > 1 and not any(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`key:value`, or a word (key is empty). One of the values holds.

    key: as it is written, `tag[name]` too. start, end: its place; value_at: of what is behind `:`.
    """

    key: str = ""
    values: tuple[Value, ...]
    start: int
    value_at: int
    end: int

    @property
    def is_word(self) -> bool:
        """True if it has no key."""
        return not self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The inner one does not hold."""

    inner: Node
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """All parts hold; everything fits if there are none. start, end: with their parentheses."""

    parts: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """One of the parts holds. at: place of the first OR."""

    parts: tuple[Node, ...]
    at: int


Node = Term | Not | All | AnyOf


def plural_words(node: Node) -> bool:
    """True for words side by side in parentheses, which mean the same without them."""
    match node:
        case All(parts=parts):
            return all(plural_words(part) for part in parts)
        case Term():
            return node.is_word and not node.values[0].quoted
        case _:
            return False
