"""Bodies of the search language: completion, kept searches, severity rules."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from watchkeeper.api.wk.issues.shapes import SortName
from watchkeeper.api.wk.shapes import Answer, Body, example
from watchkeeper.model import Severity


class Suggestion(Answer):
    """text: what to put in place of start..end. count: events with it, null where not counted."""

    text: str
    label: str
    about: str
    kind: Literal["key", "tag", "value"]
    count: int | None


class CompletionAnswer(Answer):
    """start, end: the part of the text that a suggestion replaces, in characters from 0."""

    start: int
    end: int
    suggestions: list[Suggestion]


class SearchAnswer(Answer):
    """A kept search. is_shared: everybody in the project has it. is_own: the caller made it.

    is_default: what the list opens with, for its owner or, if shared, for the project.
    """

    id: int
    name: str
    query: str
    sort: SortName
    is_shared: bool
    is_default: bool
    is_own: bool
    created_by: str
    changed_ms: int


class SearchesAnswer(Answer):
    """The caller's own and the shared ones, by name. default_id: what the list opens with."""

    searches: list[SearchAnswer]
    default_id: int | None


class SearchBody(Body):
    """query: in the search language; it is checked. Sharing needs role member."""

    model_config = example(name="Checkout", query="is:unresolved transaction:/checkout*")
    name: str = Field(min_length=1, max_length=100)
    query: str = Field(max_length=500)
    sort: SortName = "last_seen"
    is_shared: bool = False
    is_default: bool = False


class SearchPatch(Body):
    """Fields that are left out stay as they are."""

    model_config = example(is_default=True)
    name: str | None = Field(default=None, min_length=1, max_length=100)
    query: str | None = Field(default=None, max_length=500)
    sort: SortName | None = None
    is_shared: bool | None = None
    is_default: bool | None = None


class SeverityRule(Body):
    """Events that fit the query are so bad. The first rule that fits decides."""

    model_config = example(query="type:Payment* environment:production", severity="critical")
    query: str = Field(min_length=1, max_length=500)
    severity: Severity


class SeverityRulesBody(Body):
    """All rules of the project, in order."""

    model_config = example(rules=[{"query": "environment:staging", "severity": "low"}])
    rules: list[SeverityRule] = Field(max_length=50)


class SeverityRulesAnswer(Answer):
    """In the order in which they are tried."""

    rules: list[SeverityRule]
