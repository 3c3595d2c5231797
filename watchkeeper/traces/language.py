"""The search language of traces: `service:shop duration:>500ms http.status:>=500 attr.tier:gold`.

Rules: docs/use/search.md, docs/use/traces.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from watchkeeper.lib import search
from watchkeeper.lib.search import BadSearch, Compare
from watchkeeper.traces.types import SearchField

MOST_TERMS = 30


class FieldKind(StrEnum):
    """How a field's value is written and compared."""

    TEXT = "text"
    NUMBER = "number"
    DURATION = "duration"


Comparison = Compare | Literal["has"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something that can be asked. of: trace or span. doc, example: for people."""

    name: str
    kind: FieldKind
    of: Literal["trace", "span"]
    doc: str
    example: str

    def told(self) -> SearchField:
        """The same for the search field's completion."""
        return SearchField(
            name=self.name, kind=self.kind.value, of=self.of, doc=self.doc, example=self.example
        )


def _fields() -> Iterator[Field]:
    text, number, duration = FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DURATION
    for name, kind, doc, example in (
        ("service", text, "service that the span belongs to", "service:shop"),
        ("name", text, "the span's name; * stands for anything", 'name:"GET /cart*"'),
        ("op", text, "sort of work", "op:db"),
        ("kind", text, "server, client, producer, consumer, internal", "kind:client"),
        ("status", text, "error, ok or unset", "status:error"),
        ("duration", duration, "the span's own duration", "duration:>500ms"),
        ("route", text, "templated endpoint", "route:/cart/{id}"),
        ("transaction", text, "entry span that the span belongs to", "transaction:checkout"),
        ("http.method", text, "method of the request", "http.method:POST"),
        ("http.status", number, "status code of the answer", "http.status:>=500"),
        ("db.system", text, "database", "db.system:postgresql"),
        ("statement", text, "normalised statement", "statement:*orders*"),
        ("message", text, "message of the status", "message:*timeout*"),
        ("host", text, "machine", "host:web-1"),
        ("user", text, "user key", "user:42"),
        ("session", text, "session id", "session:8f3c"),
        ("span", text, "span id", "span:b7ad6b7169203331"),
        ("source", text, "otlp or sentry", "source:otlp"),
    ):
        yield Field(name=name, kind=kind, of="span", doc=doc, example=example)
    for name, kind, doc, example in (
        ("trace", text, "trace id", "trace:0af7651916cd43dd8448eb211c80319c"),
        ("trace.duration", duration, "from its first start to its last end", "trace.duration:>2s"),
        ("trace.spans", number, "how many spans it has", "trace.spans:>100"),
        ("trace.errors", number, "how many of them failed", "trace.errors:>0"),
        ("root.service", text, "service of the root", "root.service:web"),
        ("root.name", text, "name of the root", "root.name:checkout"),
        ("root.op", text, "sort of work of the root", "root.op:http.server"),
        ("root.route", text, "route of the root", "root.route:/cart/{id}"),
        ("environment", text, "environment of the root", "environment:production"),
        ("release", text, "release of the root", "release:shop@1.2.3"),
    ):
        yield Field(name=name, kind=kind, of="trace", doc=doc, example=example)


FIELDS = {field.name: field for field in _fields()}
_ALSO = {
    "env": "environment",
    "http.route": "route",
    "http.status_code": "http.status",
    "method": "http.method",
    "db.statement": "statement",
    "trace_id": "trace",
    "span_id": "span",
    "user_key": "user",
}
_HAS = "has"
_STATUSES = frozenset({"error", "ok", "unset"})
_ALWAYS_THERE = frozenset({"trace", "trace.duration", "trace.spans", "trace.errors"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition. field: None for words (looked for in name, statement, message).

    attribute: key, where an attribute is meant. values: texts; any of them matches, * stands for
    anything. number: for comparisons, durations in ns. of: what the term is about.
    """

    of: Literal["trace", "span"]
    field: str = ""
    attribute: str = ""
    comparison: Comparison = "="
    values: tuple[str, ...] = ()
    number: float = 0
    is_negated: bool = False


def _is_key(name: str) -> bool:
    return name == _HAS or _ALSO.get(name, name) in FIELDS


_SYNTAX = search.Syntax(is_key=_is_key, most_terms=MOST_TERMS)


def parse_search(text: str) -> list[Term]:
    """The terms of a search, all of which must hold. Raises BadSearch."""
    found = search.side_by_side(search.parse(text, _SYNTAX))
    return [_turned(_meant(term)) if negated else _meant(term) for term, negated in found]


def _turned(term: Term) -> Term:
    return replace(term, is_negated=not term.is_negated)


def _meant(term: search.Term) -> Term:
    if term.is_word:
        return Term(of="span", values=(f"*{term.values[0].text}*",))
    if term.key == _HAS:
        return _has(_only(term))
    field = FIELDS.get(_ALSO.get(term.key, term.key))
    if field is not None:
        return _of_field(field, term)
    key = _attribute_named(term.key)
    if key is None:
        raise search.no_such_key(term.key, position=term.start)
    return _of_attribute(key, term)


def _attribute_named(name: str) -> str | None:
    return search.attribute_named(name) or (name if search.is_dotted(name) else None)


def _only(term: search.Term) -> search.Value:
    if len(term.values) != 1:
        raise BadSearch(f"{term.key}: takes one value, not a list.", position=term.value_at)
    return term.values[0]


def _has(value: search.Value) -> Term:
    name = value.text
    field = FIELDS.get(_ALSO.get(name, name))
    if field is None:
        return Term(of="span", attribute=_attribute_named(name) or name, comparison="has")
    return _is_there(field, value)


def _is_there(field: Field, value: search.Value) -> Term:
    if field.name in _ALWAYS_THERE:
        raise BadSearch(f"Every trace has {field.name}: leave this out.", position=value.start)
    if field.of == "trace":
        return Term(of="trace", field=field.name, values=("",), is_negated=True)
    return Term(of="span", field=field.name, comparison="has")


def _of_attribute(key: str, term: search.Term) -> Term:
    value = term.values[0]
    if len(term.values) == 1 and value.is_anything:
        return Term(of="span", attribute=key, comparison="has")
    sign, rest = search.comparison_of(value)
    number = search.number_of(rest) if sign and len(term.values) == 1 else None
    if sign and number is not None:
        return Term(of="span", attribute=key, comparison=sign, number=number)
    return Term(of="span", attribute=key, values=_texts(term))


def _of_field(field: Field, term: search.Term) -> Term:
    if field.kind is not FieldKind.TEXT:
        return _compared(field, _only(term))
    if len(term.values) == 1 and term.values[0].is_anything:
        return _is_there(field, term.values[0])
    values = _texts(term)
    if field.name == "status" and not _STATUSES.issuperset(values):
        raise BadSearch("A status is error, ok or unset.", position=term.value_at)
    if field.name in {"trace", "span"}:
        values = tuple(each.lower() for each in values)
    return Term(of=field.of, field=field.name, values=values)


def _texts(term: search.Term) -> tuple[str, ...]:
    return tuple(value.text for value in term.values)


def _compared(field: Field, value: search.Value) -> Term:
    sign, rest = search.comparison_of(value)
    is_duration = field.kind is FieldKind.DURATION
    number = search.duration_ns(rest) if is_duration else search.number_of(rest)
    if number is None:
        wanted = "number with a unit (ns, us, ms, s, m, h)" if is_duration else "number"
        raise BadSearch(
            f"{field.name}: takes a {wanted}, for example {field.example}.", position=value.start
        )
    return Term(of=field.of, field=field.name, comparison=sign or "=", number=number)
