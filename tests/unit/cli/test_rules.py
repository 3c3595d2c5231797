"""`watchkeeper rules check`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from watchkeeper.cli.program import program

GOOD = "groups:\n- name: g\n  rules:\n  - alert: High\n    expr: rate(errors_total[5m]) > 0.05\n"
BAD = GOOD.replace("[5m]", "")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    for name, text in {"good.yml": GOOD, "bad.yml": BAD}.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in ("good.yml", "bad.yml", "none.yml")}


def test_a_usable_file_is_told_with_its_warnings(files: dict[str, str]) -> None:
    done = CliRunner().invoke(program, ["rules", "check", files["good.yml"]])
    assert done.exit_code == 0, done.output
    assert "usable, 1 rule" in done.output
    assert "line 4, High, warning: errors_total per second" in done.output
    fatal = CliRunner().invoke(program, ["rules", "check", "--fatal-warnings", files["good.yml"]])
    assert fatal.exit_code == 1


@pytest.mark.parametrize(("name", "words"), [("bad.yml", "line 4"), ("none.yml", "No such file")])
def test_what_cannot_be_used_fails(files: dict[str, str], name: str, words: str) -> None:
    done = CliRunner().invoke(program, ["rules", "check", files["good.yml"], files[name]])
    assert done.exit_code == 1
    assert words in done.output
    assert "usable" in done.output
