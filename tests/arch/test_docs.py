"""The manual is complete: every setting, drop reason, error code and command is in it."""

from __future__ import annotations

import re

import pytest

from tests.arch.tree import ROOT, python_files
from watchkeeper.app.config import default_of, known_keys, variable_of
from watchkeeper.ingest import Drop
from watchkeeper.store.meta import tables

OPERATE = ROOT / "docs" / "operate"


@pytest.mark.parametrize("key", known_keys())
def test_each_setting_is_in_the_manual_with_its_default(key: str) -> None:
    line = next(
        (each for each in (OPERATE / "settings.md").read_text().splitlines() if f"`{key}`" in each),
        "",
    )

    default = default_of(key)
    shown = (
        ""
        if default in {"", ()}
        else str(default).lower()
        if isinstance(default, bool)
        else str(default)
    )

    assert variable_of(key) in line
    assert shown in line


@pytest.mark.parametrize("reason", list(Drop))
def test_each_drop_reason_is_in_the_manual(reason: Drop) -> None:
    assert f"`{reason.value}`" in (OPERATE / "drops.md").read_text()


def error_codes() -> list[str]:
    pattern = re.compile(r'^    code(?:: ClassVar\[str\])? = "(\w+)"', re.MULTILINE)
    return sorted(
        {code for path in python_files("watchkeeper") for code in pattern.findall(path.read_text())}
    )


@pytest.mark.parametrize("code", error_codes())
def test_each_error_code_is_in_the_manual(code: str) -> None:
    assert f"`{code}`" in (OPERATE / "errors.md").read_text()


def test_each_table_of_the_relational_store_is_explained() -> None:
    text = (OPERATE / "storage.md").read_text()

    assert [name for name in tables.metadata.tables if f"`{name}`" not in text] == []


def test_each_own_metric_is_in_the_manual() -> None:
    pattern = re.compile(r'"(watchkeeper_[a-z_]+)"')
    named = {
        name
        for path in python_files("watchkeeper")
        if "watchkeeper_" in (source := path.read_text())
        for name in pattern.findall(source)
    }
    text = (OPERATE / "self-watch.md").read_text()

    assert sorted(name for name in named if f"`{name}" not in text) == []
