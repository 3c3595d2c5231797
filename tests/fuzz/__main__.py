"""`python -m tests.fuzz`: hostile input for as long as you like."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.fuzz.drive import GOLDEN, Campaign, Tally
from tests.fuzz.planted import target_named


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if anything was found."""
    asked = _parser().parse_args(arguments)
    try:
        targets = [target_named(name) for name in asked.target or _names()]
    except KeyError as error:
        known = ", ".join(_names())
        print(f"There is no target {error}; there are: {known}.", file=sys.stderr)
        return 2
    console, began = Console(), time.monotonic()
    with _progress(console) as bar:
        task = bar.add_task("inputs", total=asked.inputs, found=0)

        def told(tallies: Sequence[Tally]) -> None:
            found = sum(len(tally.findings) for tally in tallies)
            bar.update(task, completed=sum(tally.done for tally in tallies), found=found)
            bar.refresh()

        tallies = Campaign(
            targets=targets,
            inputs=asked.inputs,
            until=began + asked.seconds,
            seed=asked.seed,
            jobs=asked.jobs,
            told=told,
            keep=Path(asked.keep) if asked.keep else None,
        ).run()
        told(tallies)
    _show(console, tallies, time.monotonic() - began)
    return 1 if any(tally.findings for tally in tallies) else 0


def _names() -> list[str]:
    from tests.fuzz.targets import TARGETS

    return list(TARGETS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000_000, help="of all targets together")
    parser.add_argument("--seconds", type=float, default=7_200.0, help="stop after so long")
    parser.add_argument("--target", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="makes a run repeatable")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--keep", default=str(GOLDEN), help="folder of findings; empty: none")
    return parser


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("found {task.fields[found]}"),
    )
    progress = Progress(*columns, console=console, auto_refresh=False)
    return progress


def _show(console: Console, tallies: Sequence[Tally], seconds: float) -> None:
    table = Table("target", "inputs", "accepted", "refused", "per CPU second", "found")
    for tally in tallies:
        rate = tally.done / tally.seconds if tally.seconds else 0.0
        numbers = (tally.done, tally.accepted, tally.refused, round(rate), len(tally.findings))
        table.add_row(tally.target.name, *(f"{number:,}" for number in numbers))
    console.print(table)
    total = sum(tally.done for tally in tallies)
    console.print(f"{total:,} inputs in {seconds:,.0f} s")
    for tally in tallies:
        for finding in tally.findings.values():
            console.rule(f"{finding.target}: {finding.signature}")
            console.print(repr(finding.data), markup=False, highlight=False)
            console.print(finding.text, markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
