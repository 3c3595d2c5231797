from __future__ import annotations

import importlib
import sys

import pytest

from watchkeeper.lib.imports import hidden


def test_a_hidden_package_is_not_there_within_and_is_there_after() -> None:
    sys.modules.pop("colorsys", None)

    with hidden("colorsys"), pytest.raises(ImportError):
        importlib.import_module("colorsys")

    assert importlib.import_module("colorsys") is sys.modules["colorsys"]


def test_what_is_loaded_already_stays() -> None:
    with hidden("json"):
        import json

    assert sys.modules["json"] is json
