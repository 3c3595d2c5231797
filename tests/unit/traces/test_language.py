from __future__ import annotations

import pytest

from watchkeeper.lib.search import BadSearch
from watchkeeper.traces.language import FIELDS, Term, parse_search


def of_span(**fields: object) -> Term:
    return Term(of="span", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("service:shop", of_span(field="service", values=("shop",))),
        ("service:shop,cart", of_span(field="service", values=("shop", "cart"))),
        ("service:[shop, cart]", of_span(field="service", values=("shop", "cart"))),
        ("service:(shop OR cart)", of_span(field="service", values=("shop", "cart"))),
        ("service:shop OR service:cart", of_span(field="service", values=("shop", "cart"))),
        ("service:*", of_span(field="service", comparison="has")),
        ("@tier:*", of_span(attribute="tier", comparison="has")),
        ("!service:shop", of_span(field="service", values=("shop",), is_negated=True)),
        ("NOT service:shop", of_span(field="service", values=("shop",), is_negated=True)),
        ("https://acme.io/a", of_span(values=("*https://acme.io/a*",))),
        ("has:release", Term(of="trace", field="release", values=("",), is_negated=True)),
        ("-has:release", Term(of="trace", field="release", values=("",))),
        ("duration:>1d", of_span(field="duration", comparison=">", number=86_400e9)),
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
    ("text", "at", "says"),
    [
        ("a colour:red", 2, "There is no field 'colour'; for an attribute write attr.colour:"),
        ("duration:>500", 9, "takes a number with a unit"),
        ("http.status:ok", 12, "takes a number, for example http.status:>=500"),
        ("http.status:200,404", 12, "takes one value, not a list"),
        ("status:broken", 7, "A status is error, ok or unset"),
        ("has:trace.spans", 4, "Every trace has trace.spans"),
        ("a OR b", 2, "OR stands only between values of one key here"),
        ("service:shop OR op:db", 13, "OR stands only between values of one key here"),
        ("-(a b)", 1, "negate each one"),
        ("attr.:x", 0, "There is no field 'attr.'"),
        (" ".join(["a"] * 31), 60, "at most 30 terms"),
    ],
)
def test_what_cannot_be_understood_says_what_to_write(text: str, at: int, says: str) -> None:
    with pytest.raises(BadSearch) as refused:
        parse_search(text)

    assert says in str(refused.value)
    assert refused.value.position == at


@pytest.mark.parametrize("field", list(FIELDS.values()), ids=lambda field: field.name)
def test_each_field_s_example_is_a_search(field: object) -> None:
    (term,) = parse_search(field.example)  # type: ignore[attr-defined]

    assert term.of == field.of  # type: ignore[attr-defined]
