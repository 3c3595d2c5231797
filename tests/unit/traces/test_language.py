from __future__ import annotations

import pytest

from watchkeeper.traces import BadSearch
from watchkeeper.traces.language import FIELDS, Term, parse_search


def of_span(**fields: object) -> Term:
    return Term(of="span", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("service:shop", of_span(field="service", values=("shop",))),
        ("service:shop,cart", of_span(field="service", values=("shop", "cart"))),
        ("-service:shop", of_span(field="service", values=("shop",), is_negated=True)),
        ('name:"GET /cart*"', of_span(field="name", values=("GET /cart*",))),
        ('name:"a, \\"b\\"",c', of_span(field="name", values=('a, "b"', "c"))),
        ("duration:>500ms", of_span(field="duration", comparison=">", number=5e8)),
        ("duration:<=1.5s", of_span(field="duration", comparison="<=", number=1.5e9)),
        ("http.status:>=500", of_span(field="http.status", comparison=">=", number=500)),
        ("http.status_code:404", of_span(field="http.status", number=404)),
        ("attr.tier:gold", of_span(attribute="tier", values=("gold",))),
        ("k8s.pod.name:web-1", of_span(attribute="k8s.pod.name", values=("web-1",))),
        ("attr.items:>3", of_span(attribute="items", comparison=">", number=3)),
        ("has:attr.tier", of_span(attribute="tier", comparison="has")),
        ("has:statement", of_span(field="statement", comparison="has")),
        ("checkout", of_span(values=("*checkout*",))),
        ('"two words"', of_span(values=("*two words*",))),
        ("env:prod", Term(of="trace", field="environment", values=("prod",))),
        ("trace.errors:>0", Term(of="trace", field="trace.errors", comparison=">")),
    ],
)
def test_a_term_is_a_field_a_comparison_and_values(text: str, term: Term) -> None:
    assert parse_search(text) == [term]


def test_terms_stand_side_by_side() -> None:
    assert len(parse_search("  service:shop  status:error   timeout ")) == 3
    assert parse_search("   ") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour:red", "There is no field `colour`. An attribute is written `attr.colour:…`"),
        ("duration:>500", "want a number with a unit"),
        ("http.status:ok", "want a number, for example `http.status:>=500`"),
        ("status:broken", "a status is error, ok or unset"),
        ("service:", "`service:` has no value"),
        ("a OR b", "`OR` has no meaning here"),
        ('name:"open', "The quote at character 6 has no end"),
        ("attr.:x", "`attr.` wants a key"),
        (" ".join(["a"] * 31), "at most 30 terms"),
    ],
)
def test_what_cannot_be_understood_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(BadSearch) as refused:
        parse_search(text)

    assert says in str(refused.value)


@pytest.mark.parametrize("field", list(FIELDS.values()), ids=lambda field: field.name)
def test_each_field_s_example_is_a_search(field: object) -> None:
    (term,) = parse_search(field.example)  # type: ignore[attr-defined]

    assert term.of == field.of  # type: ignore[attr-defined]
