"""Names that say nothing, and addresses that belong on nobody else's machine."""

from __future__ import annotations

import re

from tests.arch.tree import ROOT, project_files

EMPTY_NAMES = {"utils", "util", "common", "core", "helpers", "misc", "shared", "base", "manager"}
# Written in pieces, so that this file does not find itself.
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(host)
        for host in (
            "pypi" + ".org",
            "files.python" + "hosted.org",
            "registry.npm" + "js.org",
            "deb.debian" + ".org",
            "registry.yarn" + "pkg.com",
        )
    )
)


def test_no_folder_or_file_is_named_for_nothing() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if {part.partition(".")[0] for part in path.relative_to(ROOT).parts} & EMPTY_NAMES
    ]

    assert found == []


def test_no_registry_host_is_written_down() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if path.suffix not in {".png", ".bin", ".gz"}
        and REGISTRY_HOSTS.search(path.read_text(errors="ignore"))
    ]

    assert found == []
