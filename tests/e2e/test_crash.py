"""kill -9 under mixed load, but shorter than `make bench-crash`, which judges restarts too."""

from __future__ import annotations

from pathlib import Path

from bench.crash import run


def test_what_was_accepted_survives_kills_once_and_whole(tmp_path: Path) -> None:
    outcome = run(kills=4, seed=7, directory=tmp_path)

    assert outcome.errors > 0
    assert outcome.samples > 0
    assert outcome.refused == []
    assert (outcome.lost, outcome.duplicated) == (0, 0), outcome.notes
    assert outcome.rollup_differences == 0
