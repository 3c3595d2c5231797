"""Inputs that were found once, a minute of new ones, and the fuzzer tried on planted faults."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.drive import GOLDEN
from tests.fuzz.planted import PLANTED
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
CASES = sorted(path for path in GOLDEN.rglob("*.bin"))
INPUTS, SECONDS = 250_000, 45
COUNTS = re.compile(r"│ ([a-z0-9-]+) +│ ([0-9,]+) +│ ([0-9,]+) +│ ([0-9,]+) +│")


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m tests.fuzz` on the same inputs each time, with nothing kept."""
    command = [sys.executable, "-m", "tests.fuzz", "--seed", "1", "--jobs", "2", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=180
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_input_that_was_found_is_read_or_refused_as_documented(path: Path) -> None:
    target: Target = TARGETS[path.parent.name]

    try:
        outcome = target.make()(path.read_bytes())
    except target.refusals as error:
        outcome = f"{error}"

    assert outcome


def test_the_cases_are_there() -> None:
    assert len(CASES) >= 5
    assert {path.parent.name for path in CASES} <= TARGETS.keys()


def test_a_minute_of_hostile_input_finds_nothing() -> None:
    done = fuzz("--inputs", str(INPUTS), "--seconds", str(SECONDS), "--keep", "")

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    counts = {
        name: int(inputs.replace(",", "")) for name, inputs, *_ in COUNTS.findall(done.stdout)
    }
    assert counts.keys() == TARGETS.keys()
    assert min(counts.values()) > 0
    for name, _, accepted, refused in COUNTS.findall(done.stdout):
        assert accepted != "0", f"no input of {name} was taken: its generator is of no use"
        assert refused != "0" or not TARGETS[name].refusals, f"no input of {name} was refused"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("planted-raises", "ZeroDivisionError"),
        ("planted-hangs", "TooSlow"),
        ("planted-dies", "the process died"),
        ("planted-swells", "MemoryError"),
    ],
)
def test_a_planted_fault_is_found_made_small_and_kept(name: str, said: str, tmp_path: Path) -> None:
    target = ("--target", name, "--inputs", "20000", "--seconds", "60", "--keep", str(tmp_path))

    done = fuzz(*target)

    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout
    (kept,) = tmp_path.rglob("*.bin")
    assert kept.parent.name == name in PLANTED
    smallest = b"[]" if name == "planted-raises" else b"]"
    assert kept.read_bytes() == smallest


def test_a_run_can_be_repeated() -> None:
    runs = [
        fuzz("--target", "planted-raises", "--inputs", "50", "--jobs", "1", "--keep", "")
        for _ in range(2)
    ]

    assert COUNTS.findall(runs[0].stdout) == COUNTS.findall(runs[1].stdout) != []


def test_an_unknown_target_is_named_with_those_there_are() -> None:
    done = fuzz("--target", "no-such")

    assert done.returncode == 2
    assert "no-such" in done.stderr
    assert "promql-parse" in done.stderr
