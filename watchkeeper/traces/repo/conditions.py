"""Terms of a search as SQL: columns from closed sets, values as parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from watchkeeper.model import key_forms
from watchkeeper.traces.language import Term

_SPAN_COLUMNS = {
    "service": "service",
    "name": "name",
    "op": "op",
    "kind": "kind",
    "status": "status",
    "duration": "duration_ns",
    "route": "route",
    "transaction": "transaction",
    "http.method": "http_method",
    "http.status": "http_status",
    "db.system": "db_system",
    "statement": "statement",
    "message": "status_message",
    "host": "host",
    "user": "user_key",
    "session": "session_id",
    "span": "span_id",
    "source": "source",
}
_TRACE_COLUMNS = {
    "trace": "trace_id",
    "trace.duration": "extent_ns",
    "trace.spans": "spans",
    "trace.errors": "errors",
    "root.service": "service",
    "root.name": "name",
    "root.op": "op",
    "root.route": "route",
    "environment": "environment",
    "release": "release",
}
_SIGNS = {"=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_ADDS_UP = frozenset({"trace.spans", "trace.errors"})
_WHOLE_TEXT_COLUMNS = frozenset({"statement", "message"})


@dataclass(slots=True)
class Bound:
    """Values of placeholders, numbered as they come."""

    params: dict[str, object] = field(default_factory=dict)

    def text(self, value: str) -> str:
        """A placeholder for a text."""
        return self._add("String", value)

    def texts(self, values: Sequence[str]) -> str:
        """A placeholder for a list of texts."""
        return self._add("Array(String)", list(values))

    def number(self, value: float) -> str:
        """A placeholder for a number."""
        return self._add("Float64", value)

    def _add(self, type_: str, value: object) -> str:
        name = f"c{len(self.params)}"
        self.params[name] = value
        return f"{{{name}:{type_}}}"


def column_of(name: str) -> str | None:
    """The column of `spans` behind a text field; None if it has none."""
    column = _SPAN_COLUMNS.get(name)
    return None if column in {None, "duration_ns", "http_status"} else column


def spans_where(terms: Iterable[Term], bound: Bound) -> str:
    """What a row of `spans` must hold for the terms about spans; `1` without any."""
    found = [_span_condition(term, bound) for term in terms if term.of == "span"]
    return " AND ".join(found) or "1"


def merged_where(terms: Iterable[Term], bound: Bound) -> str:
    """What a whole trace must hold for the terms about traces; `1` without any."""
    found = [_trace_condition(term, bound) for term in terms if term.of == "trace"]
    return " AND ".join(found) or "1"


def parts_where(terms: Iterable[Term], bound: Bound) -> str:
    """What a part may be asked before it is known with the others: counts add up, so not these.

    Durations: the part with the root is as long as the trace, or nearly.
    """
    found = [
        "errors > 0" if term.field == "trace.errors" else _trace_condition(term, bound)
        for term in terms
        if term.of == "trace" and (term.field not in _ADDS_UP or _wants_any_error(term))
    ]
    return " AND ".join(found) or "1"


def _wants_any_error(term: Term) -> bool:
    wanted = term.field == "trace.errors" and not term.is_negated
    return wanted and (
        (term.comparison == ">" and term.number >= 0)
        or (term.comparison in {">=", "="} and term.number >= 1)
    )


def is_costly(terms: Iterable[Term]) -> bool:
    """True if a term reads a wide column: attributes, statements, messages, any words."""
    return any(
        term.of == "span"
        and (term.attribute != "" or term.field in _WHOLE_TEXT_COLUMNS or not term.field)
        for term in terms
    )


def _span_condition(term: Term, bound: Bound) -> str:
    return _negated(term, _span_claim(term, bound))


def _span_claim(term: Term, bound: Bound) -> str:
    if term.attribute:
        return _attribute_claim(term, bound)
    if not term.field:
        return _words_claim(term, bound)
    column = _SPAN_COLUMNS[term.field]
    if column == "user_key" and term.values:
        forms = [form for value in term.values for form in key_forms(value)]
        return _text_claim(column, forms, bound)
    if term.comparison == "has":
        empty = "0" if column in {"http_status", "duration_ns"} else "''"
        return f"{column} != {empty}"
    return _claim(column, term, bound)


def _trace_condition(term: Term, bound: Bound) -> str:
    return _negated(term, _claim(_TRACE_COLUMNS[term.field], term, bound))


def _claim(column: str, term: Term, bound: Bound) -> str:
    if term.values:
        return _text_claim(column, term.values, bound)
    return f"{column} {_SIGNS[term.comparison]} {bound.number(term.number)}"


def _attribute_claim(term: Term, bound: Bound) -> str:
    key = bound.text(term.attribute)
    if term.comparison == "has":
        return f"mapContains(attributes, {key})"
    value = f"attributes[{key}]"
    if term.values:
        return _text_claim(value, term.values, bound)
    number = f"toFloat64OrNull({value})"
    return f"ifNull({number} {_SIGNS[term.comparison]} {bound.number(term.number)}, 0)"


def _words_claim(term: Term, bound: Bound) -> str:
    pattern = bound.text(_pattern(term.values[0]))
    return f"(name ILIKE {pattern} OR statement ILIKE {pattern} OR status_message ILIKE {pattern})"


def _text_claim(column: str, values: Sequence[str], bound: Bound) -> str:
    exact = [value for value in values if "*" not in value]
    claims = [f"{column} ILIKE {bound.text(_pattern(v))}" for v in values if "*" in v]
    if len(exact) == 1:
        claims.append(f"{column} = {bound.text(exact[0])}")
    elif exact:
        claims.append(f"has({bound.texts(exact)}, {column})")
    return claims[0] if len(claims) == 1 else f"({' OR '.join(claims)})"


def _pattern(value: str) -> str:
    """A LIKE pattern: only * is special."""
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _negated(term: Term, claim: str) -> str:
    return f"NOT ({claim})" if term.is_negated else claim
