"""What the architecture tests look at: the tracked files of the project and their imports."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "watchkeeper"


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that belongs to the project, whether or not it is committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for line in listing.splitlines() if (path := ROOT / line).is_file())


def python_files(*roots: str) -> list[Path]:
    return [
        path
        for path in project_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in roots
    ]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def packages() -> frozenset[str]:
    return frozenset(
        module_of(path) for path in python_files("watchkeeper") if path.name == "__init__.py"
    )


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of each import of our own; `from a import b` is a.b where that is a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, _target(node.module, alias.name)) for alias in node.names)


def _target(module: str, name: str) -> str:
    inside = ROOT.joinpath(*module.split("."), name)
    is_module = inside.with_suffix(".py").exists() or (inside / "__init__.py").exists()
    return f"{module}.{name}" if is_module else module
