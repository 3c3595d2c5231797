"""Another room is entered by its front door only: what its `__init__` exports."""

from __future__ import annotations

import ast

from tests.arch.tree import ROOT, imports_of, module_of, packages, python_files

FREE_ROOMS = {
    "watchkeeper.lib": "each file is named for its job",
    "watchkeeper.app": "the composition root and its process entry points",
}
WIRING = ("watchkeeper.app", "watchkeeper.cli")
"""Who builds everything may name an engine, which no front door does."""


def room_of(module: str) -> str:
    """The deepest package that holds the module."""
    while module not in packages():
        module = module.rpartition(".")[0]
    return module


def trespass(importer: str, target: str) -> bool:
    if not target.startswith("watchkeeper.") or target in packages():
        return False
    room = room_of(target)
    own_room = room_of(importer)
    inside = own_room == room or own_room.startswith(f"{room}.") or room == f"{own_room}.repo"
    is_offered = target.rpartition(".")[2] in offered_by(target.rpartition(".")[0])
    is_free = any(room == free or room.startswith(f"{free}.") for free in FREE_ROOMS)
    is_wiring = importer.startswith(WIRING) and room.startswith("watchkeeper.store.")
    return not (inside or is_offered or is_free or is_wiring)


def offered_by(package: str) -> set[str]:
    """The names in a package's `__all__`."""
    path = ROOT.joinpath(*package.split("."), "__init__.py")
    for node in ast.parse(path.read_text()).body if path.exists() else []:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            return {str(item.value) for item in node.value.elts if isinstance(item, ast.Constant)}
    return set()


def test_rooms_are_entered_by_the_front_door() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} enters {target} past its front door"
        for path in python_files("watchkeeper")
        for line, target in imports_of(path)
        if trespass(module_of(path), target)
    ]

    assert found == []


def test_each_front_door_says_what_it_offers() -> None:
    doors = [path for path in python_files("watchkeeper") if path.name == "__init__.py"]

    silent = [
        str(path.relative_to(ROOT))
        for path in doors
        if "import" in path.read_text().split('"""')[-1] and "__all__" not in path.read_text()
    ]

    assert silent == []
