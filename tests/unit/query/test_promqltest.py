"""The cases in tests/golden/promql hold, and the judge sees when one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.promqltest.__main__ import main
from tests.promqltest.judge import judge
from tests.promqltest.reader import read
from tests.unit.query.lattices import LatticeMemory

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "promql").glob("*.test"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_case_holds(path: Path) -> None:
    verdicts = list(judge(read(path)))

    assert verdicts
    assert {v.line: v.problem for v in verdicts if v.problem} == {}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_case_holds_on_lattices(path: Path) -> None:
    verdicts = list(judge(read(path), LatticeMemory))

    assert LatticeMemory.used
    assert {v.line: v.problem for v in verdicts if v.problem} == {}


WRONG = """
load 1m
  m{a="x"} 1 2 3
  m{a="y"} 4 5 stale

eval instant at 1m m
  m{a="x"} 2

eval instant at 1m m
  m{a="x"} 2.1
  m{a="y"} 5

eval range from 0s to 2m step 1m m
  m{a="x"} 1 2 3
  m{a="y"} 4 5 5

eval instant at 1m m
  expect fail

eval instant at 1m m + m
  expect no_info
  expect warn
  {a="x"} 4
  {a="y"} 10

eval instant at 1m sort_desc(m)
  expect ordered
  m{a="x"} 2
  m{a="y"} 5

eval instant at 1m 2 + 2
  5

eval instant at 1m nonsense(
  {} 1
"""


UNREADABLE = """
lead 1m

load 1m
  m 1 2 one
  m 3

load 1m
  m 1 2 3

eval sometimes m

eval instant at 1m m
  expect nothing at all
  m 2

eval instant at 1m m
  m 2
"""


def test_a_block_that_cannot_be_read_is_one_failed_case_and_the_file_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "odd.test"
    path.write_text(UNREADABLE)

    verdicts = list(judge(read(path)))

    assert [(v.line, v.problem != "") for v in verdicts] == [
        (2, True),
        (4, True),
        (11, True),
        (13, True),
        (17, False),
    ]


def test_wrong_expectations_are_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.test"
    path.write_text(WRONG)

    verdicts = list(judge(read(path)))

    assert len(verdicts) == 8
    assert all(verdict.problem for verdict in verdicts)
    assert main([str(path)]) == 1
    assert "wrong.test: core 0/8" in capsys.readouterr().out


HINTS = """
load 1m
  h {{schema:0 sum:1 count:1 buckets:[1]}}+{{schema:0 sum:1 count:1 buckets:[1]}}x2

eval range from 0s to 2m step 1m h
  h {{schema:0 sum:1 count:1 buckets:[1]}} {{schema:0 sum:2 count:2 buckets:[2] counter_reset_hint:not_reset}} {{schema:0 sum:3 count:3 buckets:[3]}}

eval range from 0s to 2m step 1m h
  h {{schema:0 sum:1 count:1 buckets:[1]}} {{schema:0 sum:2 count:2 buckets:[2] counter_reset_hint:reset}} {{schema:0 sum:3 count:3 buckets:[3]}}

eval instant at 1m h
  h {{schema:0 sum:2 count:2 buckets:[2.1]}}

eval instant at 1m h
  h {{schema:0 sum:2 count:2 offset:1 buckets:[2]}}

eval instant at 1m h
  h 2
"""  # noqa: E501


def test_the_judge_looks_into_histograms_and_at_the_hints_that_are_written(tmp_path: Path) -> None:
    file = tmp_path / "hints.test"
    file.write_text(HINTS)

    assert [bool(verdict.problem) for verdict in judge(read(file))] == [False, *[True] * 4]
