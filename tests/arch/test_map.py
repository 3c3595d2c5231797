"""ARCHITECTURE.md names each folder of the server and of the web UI, and no other."""

from __future__ import annotations

import re

from tests.arch.tree import ROOT, project_files

MAPPED = ("watchkeeper", "web/src")
"""Every folder below these is on the map."""
TESTS = "tests"
"""Of this only the folders directly below."""
NOT_MAPPED = re.compile(r"/versions/|/__snapshots__/")


def folders_in_the_tree() -> set[str]:
    found = set()
    for path in project_files():
        folder = path.relative_to(ROOT).parent
        for each in (folder, *folder.parents):
            name = each.as_posix()
            if is_mapped(name) and not NOT_MAPPED.search(f"{name}/"):
                found.add(name)
    return found


def is_mapped(name: str) -> bool:
    is_below = any(name.startswith(f"{top}/") for top in MAPPED)
    return is_below or (name.startswith(f"{TESTS}/") and name.count("/") == 1)


def folders_on_the_map() -> set[str]:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"`([a-z][\w./-]*)/`", text))
    return {name for name in named if is_mapped(name)}


def test_the_map_names_every_folder() -> None:
    assert folders_in_the_tree() - folders_on_the_map() == set()


def test_the_map_names_no_folder_that_is_gone() -> None:
    assert folders_on_the_map() - folders_in_the_tree() == set()
