"""`watchkeeper rules`: Prometheus rule files, looked at before they are used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from watchkeeper.alerting.rules import (
    Hint,
    RuleFile,
    RuleFileInvalid,
    lint_rates,
    parse_rule_file,
)

program = typer.Typer(help="Alert and recording rules in files.", no_args_is_help=True)

Files = Annotated[
    list[Path], typer.Argument(help="Rule files as Prometheus has them.", show_default=False)
]


@program.callback()
def rules() -> None:
    """Alert and recording rules in files."""


@program.command("check")
def check(
    files: Files,
    fatal: Annotated[
        bool, typer.Option("--fatal-warnings", help="Exit with 1 for a warning too.")
    ] = False,
) -> None:
    """Read rule files and say what is wrong, by line. Exits with 1 if any cannot be used."""
    failed = False
    for path in files:
        try:
            parsed = parse_rule_file(path.name, path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, RuleFileInvalid) as error:
            typer.echo(f"{path}: {error}", err=True)
            failed = True
            continue
        hints = lint_rates(parsed)
        _report(path, parsed, hints)
        failed = failed or (fatal and any(hint.level.value == "warning" for hint in hints))
    if failed:
        raise typer.Exit(1)


def _report(path: Path, parsed: RuleFile, hints: list[Hint]) -> None:
    count = sum(len(group.rules) for group in parsed.groups)
    typer.echo(f"{path}: usable, {count} {'rule' if count == 1 else 'rules'}")
    for hint in hints:
        typer.echo(f"  line {hint.line}, {hint.rule}, {hint.level}: {hint.message}")
