"""ARCHITECTURE.md names each folder of the server and of the web UI, and no other."""

from __future__ import annotations

import re

from tests.arch.tree import ROOT, project_files

MAPPED = ("watchkeeper", "web/src", "tests", "docs")
NOT_MAPPED = re.compile(r"(^|/)(versions|__snapshots__)(/|$)|^tests/golden/.+/.+/")


def folders_in_the_tree() -> set[str]:
    found = set()
    for path in project_files():
        folder = path.relative_to(ROOT).parent
        for each in (folder, *folder.parents):
            name = each.as_posix()
            if any(name == top or name.startswith(f"{top}/") for top in MAPPED):
                found.add(name)
    return {name for name in found if not NOT_MAPPED.search(f"{name}/")}


def folders_on_the_map() -> set[str]:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"`([a-z][\w./-]*)/`", text))
    return {
        name for name in named if any(name == top or name.startswith(f"{top}/") for top in MAPPED)
    }


def test_the_map_names_every_folder() -> None:
    assert folders_in_the_tree() - folders_on_the_map() == set()


def test_the_map_names_no_folder_that_is_gone() -> None:
    assert folders_on_the_map() - folders_in_the_tree() == set()
