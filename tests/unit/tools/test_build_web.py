import os
from pathlib import Path

import pytest

from tools.build_web import is_current, node_major


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, Path]:
    web, assets = tmp_path / "web", tmp_path / "assets"
    for folder in (web / "src" / "app", web / "node_modules", web / "dist", assets):
        folder.mkdir(parents=True)
    (web / "package.json").write_text("{}")
    (web / "src" / "app" / "main.tsx").write_text("")
    (assets / "index.html").write_text("")
    for path in (web / "package.json", web / "src" / "app" / "main.tsx"):
        os.utime(path, (1_000, 1_000))
    os.utime(assets / "index.html", (2_000, 2_000))
    return web, assets


def test_what_is_newer_than_its_sources_is_current(tree: tuple[Path, Path]) -> None:
    assert is_current(*tree)


def test_a_newer_source_anywhere_asks_for_a_build(tree: tuple[Path, Path]) -> None:
    web, _ = tree
    os.utime(web / "src" / "app" / "main.tsx", (3_000, 3_000))
    assert not is_current(*tree)


def test_installed_packages_and_old_builds_are_no_sources(tree: tuple[Path, Path]) -> None:
    web, _ = tree
    for name in ("node_modules/x.js", "dist/index.html"):
        (web / name).write_text("")
    assert is_current(*tree)


def test_without_a_build_nothing_is_current(tree: tuple[Path, Path]) -> None:
    web, assets = tree
    (assets / "index.html").unlink()
    assert not is_current(web, assets)


def test_a_missing_node_has_no_version() -> None:
    assert node_major("no-such-node") == 0
