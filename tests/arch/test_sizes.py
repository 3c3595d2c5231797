"""A file is one idea; a function fits on a screen."""

from __future__ import annotations

import ast
import re

from tests.arch.tree import ROOT, project_files, python_files

LONGEST_FILE_LINES = 500
LONGEST_FUNCTION_LINES = 60
GENERATED = re.compile(r"/versions/|/generated/|\.gen\.ts$|schema\.d\.ts$")


def test_no_file_is_longer_than_a_reader_s_patience() -> None:
    sources = [path for path in project_files() if path.suffix in {".py", ".ts", ".tsx", ".css"}]

    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in sources
        if not GENERATED.search(path.as_posix())
        and (lines := path.read_text().count("\n")) > LONGEST_FILE_LINES
    ]

    assert long == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in python_files("watchkeeper", "sdk", "tools", "bench")
        if not GENERATED.search(path.as_posix())
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION_LINES
    ]

    assert long == []
