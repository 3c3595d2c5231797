"""What the help shows is what the program takes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup

from watchkeeper.cli.examples import EXAMPLES
from watchkeeper.cli.program import program


def grouped() -> TyperGroup:
    found = typer.main.get_command(program)
    assert isinstance(found, TyperGroup)
    return found


def names(group: TyperGroup) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from (f"{name} {below}" for below in names(command))
        else:
            yield name


def test_every_command_has_an_example_and_no_other() -> None:
    assert set(names(grouped())) == set(EXAMPLES)


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_an_example_is_a_call_that_the_program_understands(line: str) -> None:
    name, *words = shlex.split(line)
    command = grouped().commands[name]
    if isinstance(command, TyperGroup):
        command = command.commands[words.pop(0)]

    assert command.make_context("watchkeeper", words).params
