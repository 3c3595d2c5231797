from __future__ import annotations

import pytest

from watchkeeper.store.columns.values import param_texts, quoted, setting_texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a'b", "a'b"),
        ("a\\b\tc\n", "a\\\\b\\tc\\n"),
        (None, "\\N"),
        (True, "1"),
        (2**64 - 1, "18446744073709551615"),
        (0.1, "0.1"),
        ([1, 2], "[1,2]"),
        (("a'b", "c\\", None), "['a\\'b','c\\\\',NULL]"),
        ([["x"], []], "[['x'],[]]"),
    ],
)
def test_values_as_the_engine_parses_them(value: object, text: str) -> None:
    assert param_texts({"p": value}) == {"p": text}


@pytest.mark.parametrize("value", [b"x", {"a": 1}, object()])
def test_other_kinds_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be a"):
        param_texts({"p": value})


@pytest.mark.parametrize("name", ["", "1a", "a b", "a=1", "a\n", "ä"])
def test_names_are_identifiers(name: str) -> None:
    with pytest.raises(ValueError, match="not an identifier"):
        param_texts({name: 1})
    with pytest.raises(ValueError, match="not an identifier"):
        setting_texts({name: 1})


def test_settings_are_literals() -> None:
    assert setting_texts({"a": 1, "b": "x'y", "c": 0.5}) == ["a = 1", "b = 'x\\'y'", "c = 0.5"]


def test_a_quoted_text_cannot_end_early() -> None:
    assert quoted("a'); DROP TABLE x; --\\") == "'a\\'); DROP TABLE x; --\\\\'"
