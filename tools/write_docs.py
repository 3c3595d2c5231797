"""Write the parts of the manual that the code itself knows: settings, error codes, drop reasons."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from watchkeeper.app.config import SECTIONS, default_of, variable_of
from watchkeeper.ingest import Drop

ROOT = Path(__file__).resolve().parent.parent
OPERATE = ROOT / "docs" / "operate"

SETTINGS_HEAD = """# Settings

A TOML file (`--config` or `WATCHKEEPER_CONFIG`), then `WATCHKEEPER_…` variables, then command-line
options; the later wins. Each variable also works with `_FILE` at its end: the value is then read
from that file. An unknown key or a wrong value refuses to start and is named.
`watchkeeper config show` prints what holds and where it came from. Written by `make docs`.
"""
ERRORS_HEAD = """# Error codes

Every error of our JSON API is `{"error": {"code", "message"}}`. Match on the code; the message is
for people. Written by `make docs`.

| code | HTTP | again? | what it means |
|---|---|---|---|
"""
DROPS_HEAD = """# Drop reasons

Nothing is refused in silence: each refusal adds to `watchkeeper_ingest_dropped_total{reason}` and
shows on Data health. Written by `make docs`.

| reason | what it means, and what to do |
|---|---|
"""


def settings() -> str:
    parts = [SETTINGS_HEAD]
    for section, kind in SECTIONS.items():
        first = (inspect.getdoc(kind) or "").split(" Section [")[0].splitlines()[0]
        parts.append(f"\n## [{section}]\n\n{first}\n")
        parts.append("| setting | variable | default | meaning |\n|---|---|---|---|")
        told = field_docstrings(kind)
        parts.extend(
            f"| `{key}` | `{variable_of(key)}` | {shown_default(key)} | {told[each.name]} |"
            for each in fields(kind)
            for key in [f"{section}.{each.name}"]
        )
    return "\n".join(parts) + "\n"


def shown_default(key: str) -> str:
    default = default_of(key)
    if default in {"", ()}:
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def field_docstrings(kind: type[Any]) -> dict[str, str]:
    """Name to the string that stands under it in the class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    return dict(strings_under_names(next(n for n in tree.body if isinstance(n, ast.ClassDef))))


def strings_under_names(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for target, text in zip(node.body, node.body[1:], strict=False):
        name: ast.expr | None = target.target if isinstance(target, ast.AnnAssign) else None
        if isinstance(target, ast.Assign):
            name = target.targets[0]
        is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(name, ast.Name) and is_text:
            assert isinstance(text, ast.Expr)
            assert isinstance(text.value, ast.Constant)
            yield name.id, " ".join(str(text.value.value).split())


def errors() -> str:
    return ERRORS_HEAD + "\n".join(sorted(set(error_rows()))) + "\n"


def error_rows() -> Iterator[str]:
    known = classes()
    for node in (each for nodes in known.values() for each in nodes):
        code = constant(node, "code")
        if code and is_error(node, known):
            status = inherited(node, "http_status", known) or "500"
            again = "yes" if inherited(node, "retryable", known) == "True" else "no"
            meaning = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
            yield f"| `{code}` | {status} | {again} | {meaning} |"


def classes() -> dict[str, list[ast.ClassDef]]:
    """Every class of the server by its name."""
    found: dict[str, list[ast.ClassDef]] = {}
    for path in sorted((ROOT / "watchkeeper").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


def bases(node: ast.ClassDef, known: dict[str, list[ast.ClassDef]]) -> Iterator[ast.ClassDef]:
    names = (each.id for each in node.bases if isinstance(each, ast.Name))
    return (base for name in names for base in known.get(name, ()) if base is not node)


def is_error(node: ast.ClassDef, known: dict[str, list[ast.ClassDef]]) -> bool:
    return node.name == "WatchkeeperError" or any(is_error(b, known) for b in bases(node, known))


def inherited(node: ast.ClassDef, name: str, known: dict[str, list[ast.ClassDef]]) -> str:
    """A constant of the class, or of the nearest class above that has it."""
    above = (inherited(base, name, known) for base in bases(node, known))
    return constant(node, name) or next(filter(None, above), "")


def constant(node: ast.ClassDef, name: str) -> str:
    for each in node.body:
        targets = each.targets if isinstance(each, ast.Assign) else []
        if isinstance(each, ast.AnnAssign):
            targets = [each.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = each.value  # type: ignore[attr-defined]
            return str(value.value) if isinstance(value, ast.Constant) else ""
    return ""


def drops() -> str:
    told = field_docstrings(Drop)
    return DROPS_HEAD + "\n".join(f"| `{each.value}` | {told[each.name]} |" for each in Drop) + "\n"


PAGES = {"settings.md": settings, "errors.md": errors, "drops.md": drops}


def main() -> None:
    """Write the pages; with --check only say which of them are out of date."""
    stale = [
        name
        for name, write in PAGES.items()
        if not (OPERATE / name).exists() or (OPERATE / name).read_text() != write()
    ]
    if "--check" in sys.argv:
        if stale:
            sys.exit(f"Out of date: {', '.join(stale)}. Run make docs.")
        return
    for name in stale:
        (OPERATE / name).write_text(PAGES[name]())
        print(f"wrote docs/operate/{name}")


if __name__ == "__main__":
    main()
