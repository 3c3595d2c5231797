"""The search language of traces: `service:shop duration:>500ms http.status:>=500 attr.tier:gold`.

Rule: docs/use/traces.md, "Search".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from watchkeeper.lib.errors import Invalid
from watchkeeper.traces.types import SearchField

MOST_TERMS = 30


class FieldKind(StrEnum):
    """How a field's value is written and compared."""

    TEXT = "text"
    NUMBER = "number"
    DURATION = "duration"


Comparison = Literal["=", ">", ">=", "<", "<=", "has"]


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
_ATTRIBUTE = "attr."
_STATUSES = frozenset({"error", "ok", "unset"})
_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3_600 * 10**9,
}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)\Z")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
_WORD = re.compile(r'\s*(-?)(?:([\w.@/-]+):)?((?:"(?:[^"\\]|\\.)*"|[^\s"])*)')
_COMPARED = re.compile(r"(>=|<=|>|<|=)")


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


class BadSearch(Invalid):
    """The search cannot be understood; the sentence shows the term."""

    code = "bad_search"


def parse_search(text: str) -> list[Term]:
    """The terms of a search, all of which must hold. Raises BadSearch."""
    terms: list[Term] = []
    at = 0
    while text[at:].strip():
        found = _WORD.match(text, at)
        at = found.end() if found else at
        if found is None or text[at : at + 1] == '"':
            raise BadSearch(f"The quote at character {at + 1} has no end.")
        terms.append(_term(found[2] or "", found[3], is_negated=bool(found[1])))
        if len(terms) > MOST_TERMS:
            raise BadSearch(f"A search has at most {MOST_TERMS} terms; leave some out.")
    return terms


def _term(name: str, value: str, *, is_negated: bool) -> Term:
    if not name:
        return _words(value, is_negated=is_negated)
    if not value:
        raise BadSearch(f"`{name}:` has no value; write for example `{name}:shop`.")
    if name == "has":
        return _has(value, is_negated=is_negated)
    if name.startswith(_ATTRIBUTE):
        return _attribute(name.removeprefix(_ATTRIBUTE), value, is_negated=is_negated)
    field = FIELDS.get(_ALSO.get(name, name))
    if field is not None:
        return _of_field(field, value, is_negated=is_negated)
    if "." in name:
        return _attribute(name, value, is_negated=is_negated)
    raise BadSearch(
        f"There is no field `{name}`. An attribute is written `attr.{name}:…`; "
        f"the fields are {', '.join(FIELDS)}."
    )


def _words(value: str, *, is_negated: bool) -> Term:
    word = "".join(_unquoted(value))
    if value in {"AND", "OR", "NOT", "(", ")"}:
        raise BadSearch(
            f"`{value}` has no meaning here: all terms must hold; write `field:a,b` for either "
            "of two values and `-field:a` for not."
        )
    return Term(of="span", values=(f"*{word}*",), is_negated=is_negated)


def _has(value: str, *, is_negated: bool) -> Term:
    name = _ALSO.get(value, value)
    if name in FIELDS and FIELDS[name].of == "span":
        return Term(of="span", field=name, comparison="has", is_negated=is_negated)
    key = value.removeprefix(_ATTRIBUTE)
    return Term(of="span", attribute=key, comparison="has", is_negated=is_negated)


def _attribute(key: str, value: str, *, is_negated: bool) -> Term:
    if not key:
        raise BadSearch("`attr.` wants a key; write for example `attr.tier:gold`.")
    comparison, rest = _comparison(value)
    if comparison != "=" and _NUMBER.match(rest):
        return Term(
            of="span",
            attribute=key,
            comparison=comparison,
            number=float(rest),
            is_negated=is_negated,
        )
    values = tuple(_alternatives(value if comparison != "=" else rest))
    return Term(of="span", attribute=key, values=values, is_negated=is_negated)


def _of_field(field: Field, value: str, *, is_negated: bool) -> Term:
    comparison, rest = _comparison(value)
    if field.kind is FieldKind.TEXT:
        values = tuple(_alternatives(value if comparison != "=" else rest))
        if field.name == "status" and not _STATUSES.issuperset(values):
            raise BadSearch(f"`status:{value}`: a status is error, ok or unset.")
        if field.name in {"trace", "span"}:
            values = tuple(each.lower() for each in values)
        return Term(of=field.of, field=field.name, values=values, is_negated=is_negated)
    number = _duration_ns(field, rest) if field.kind is FieldKind.DURATION else _number(field, rest)
    return Term(
        of=field.of, field=field.name, comparison=comparison, number=number, is_negated=is_negated
    )


def _comparison(value: str) -> tuple[Comparison, str]:
    found = _COMPARED.match(value)
    if found is None:
        return "=", value
    # The pattern matches nothing else.
    sign: Comparison = found[1]  # type: ignore[assignment]
    return sign, value[found.end() :]


def _number(field: Field, text: str) -> float:
    if not _NUMBER.match(text):
        raise BadSearch(f"`{field.name}:{text}`: want a number, for example `{field.example}`.")
    return float(text)


def _duration_ns(field: Field, text: str) -> float:
    found = _DURATION.match(text)
    if found is None:
        raise BadSearch(
            f"`{field.name}:{text}`: want a number with a unit (ns, us, ms, s, m, h), "
            f"for example `{field.example}`."
        )
    return float(found[1]) * _NS[found[2]]


def _alternatives(value: str) -> Iterator[str]:
    """Texts between commas; a quoted one may hold commas."""
    part: list[str] = []
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|,|[^,"]+', value):
        if piece == ",":
            yield "".join(part)
            part = []
        else:
            part.extend(_unquoted(piece))
    yield "".join(part)


def _unquoted(value: str) -> Iterator[str]:
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|[^"]+', value):
        yield re.sub(r"\\(.)", r"\1", piece[1:-1]) if piece.startswith('"') else piece
