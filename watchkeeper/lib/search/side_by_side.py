"""A search whose terms must all hold, for kinds that cannot ask for one thing or another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper.lib.search.errors import BadSearch
from watchkeeper.lib.search.syntax import All, AnyOf, Node, Not, Term

_NO_CHOICE = (
    "OR stands only between values of one key here, key:(a OR b) or key:[a, b]; all other terms "
    'must hold. To search for the text, put it in quotes: "OR".'
)
_NOT_ALL = (
    "Terms cannot be negated together here; negate each one, or put the text in quotes to search "
    "for it."
)


def side_by_side(node: Node, *, negated: bool = False) -> Iterator[tuple[Term, bool]]:
    """The terms from left to right, each with whether it must not hold.

    `a:1 OR a:2` is the one term `a:[1, 2]`. Raises BadSearch for a choice between other terms.
    """
    match node:
        case Term():
            yield node, negated
        case Not(inner=inner):
            yield from side_by_side(inner, negated=not negated)
        case All(parts=(part,)):
            yield from side_by_side(part, negated=negated)
        case All(parts=parts, start=start) if negated:
            yield _one_of(parts, start, are_negated=True)
        case AnyOf(parts=parts, at=at) if not negated:
            yield _one_of(parts, at, are_negated=False)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from side_by_side(part, negated=negated)


def _one_of(parts: tuple[Node, ...], at: int, *, are_negated: bool) -> tuple[Term, bool]:
    """The choice as one term with several values: `-(-a:1 -a:2)` is one too."""
    choices = [list(side_by_side(part, negated=are_negated)) for part in parts]
    terms = [term for choice in choices for term, _ in choice]
    is_one_key = not terms[0].is_word and len({term.key for term in terms}) == 1
    are_single = all(len(choice) == 1 and not choice[0][1] for choice in choices)
    if not (is_one_key and are_single):
        raise BadSearch(_NOT_ALL if are_negated else _NO_CHOICE, position=at)
    values = tuple(value for term in terms for value in term.values)
    return replace(terms[0], values=values, end=terms[-1].end), False
