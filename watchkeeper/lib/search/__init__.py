"""The syntax of every search field: text to terms. Rule: docs/use/search.md.

What a key means, and which keys there are, is told by each kind of search.
"""

from watchkeeper.lib.search.errors import BadSearch
from watchkeeper.lib.search.literals import Compare, comparison_of, duration_ns, number_of
from watchkeeper.lib.search.names import attribute_named, is_dotted, no_such_key
from watchkeeper.lib.search.parser import parse
from watchkeeper.lib.search.side_by_side import side_by_side
from watchkeeper.lib.search.syntax import All, AnyOf, Node, Not, Syntax, Term, Value, plural_words

__all__ = [
    "All",
    "AnyOf",
    "BadSearch",
    "Compare",
    "Node",
    "Not",
    "Syntax",
    "Term",
    "Value",
    "attribute_named",
    "comparison_of",
    "duration_ns",
    "is_dotted",
    "no_such_key",
    "number_of",
    "parse",
    "plural_words",
    "side_by_side",
]
