"""Prints, for each file, how many cases hold by class, and every case that does not."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.promqltest.classify import Class
from tests.promqltest.judge import judge
from tests.promqltest.reader import read


def main(paths: list[str]) -> int:
    """Exit status 1 if a core case fails."""
    passed: Counter[Class] = Counter()
    failed: Counter[Class] = Counter()
    for path in paths:
        _file(Path(path), passed, failed)
    print(f"all files: {_summary(passed, failed)}")
    return 1 if failed[Class.CORE] else 0


def _file(path: Path, passed: Counter[Class], failed: Counter[Class]) -> None:
    here_passed: Counter[Class] = Counter()
    here_failed: Counter[Class] = Counter()
    for verdict in judge(read(path)):
        (here_failed if verdict.problem else here_passed)[verdict.kind] += 1
        if verdict.problem:
            place = f"{path.name}:{verdict.line}"
            print(f"  {place} [{verdict.kind.value}] {verdict.text}\n    {verdict.problem[:400]}")
    print(f"{path.name}: {_summary(here_passed, here_failed)}")
    passed.update(here_passed)
    failed.update(here_failed)


def _summary(passed: Counter[Class], failed: Counter[Class]) -> str:
    return ", ".join(
        f"{kind.value} {passed[kind]}/{passed[kind] + failed[kind]}"
        for kind in Class
        if passed[kind] + failed[kind]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
