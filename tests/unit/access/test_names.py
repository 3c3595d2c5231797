from __future__ import annotations

import pytest

from watchkeeper.access import names
from watchkeeper.lib.errors import Invalid


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Acme Inc", "acme-inc"), ("Näh & Co", "nah-co"), ("  --x--  ", "x"), ("日本", "org"),
     ("a" * 80, "a" * 50)],
)  # fmt: skip
def test_a_name_becomes_a_part_of_an_address(name: str, slug: str) -> None:
    assert names.slug_of(name, "org") == slug


def test_a_slug_that_is_taken_gets_a_number() -> None:
    assert names.free_slug("shop", []) == "shop"
    assert names.free_slug("shop", ["shop", "shop-2"]) == "shop-3"


@pytest.mark.parametrize(
    "text", ["", "a", "a@", "@b", "a b@c", "a@b@c", "a@b\x00", "x" * 251 + "@b.c"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        names.clean_email(text)


def test_an_address_is_kept_in_lower_case() -> None:
    assert names.clean_email(" Ada@Example.COM ") == "ada@example.com"


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "x" * 201])
def test_a_name_has_a_length_and_one_line(text: str) -> None:
    with pytest.raises(Invalid, match="organisation"):
        names.clean_name(text, "organisation")


@pytest.mark.parametrize(
    "text",
    ["", "*", "example.com", "ftp://example.com", "https://", "https://a.test/path",
     "https://a.test?x", "https://user@a.test", "https://*", "https://a.*.test", "https://a b"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        names.clean_origin(text)


@pytest.mark.parametrize(
    "text",
    ["https://a.test", "http://localhost:3000", "https://*.a.test", "http://[::1]:8080",
     "http://127.0.0.1"],
)  # fmt: skip
def test_an_origin_is_scheme_host_and_port(text: str) -> None:
    assert names.clean_origin(text) == text


def test_time_zones_are_those_of_the_database() -> None:
    assert names.clean_timezone("UTC") == "UTC"
    assert names.clean_timezone("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(Invalid):
        names.clean_timezone("../etc/passwd")
