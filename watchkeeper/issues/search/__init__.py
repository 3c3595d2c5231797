"""The language of the search field: text to terms, terms to what a store is asked."""

from watchkeeper.issues.search.keys import KEYS, Key, Kind, Place, key_named
from watchkeeper.issues.search.match import check_for_events, matches
from watchkeeper.issues.search.parse import likely_keys, parse
from watchkeeper.issues.search.terms import Count, Flag, Has, Phrase, Search, Term, Text, Time

__all__ = [
    "KEYS",
    "Count",
    "Flag",
    "Has",
    "Key",
    "Kind",
    "Phrase",
    "Place",
    "Search",
    "Term",
    "Text",
    "Time",
    "check_for_events",
    "key_named",
    "likely_keys",
    "matches",
    "parse",
]
