"""The store of rule files: from disk and from the UI, both listed, both checked."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.alerting.rules import repo
from watchkeeper.alerting.rules.errors import RuleFileInvalid, RuleFileOnDisk
from watchkeeper.alerting.rules.files import parse_rule_file
from watchkeeper.alerting.rules.types import RuleFile, StoredRuleFile
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Scope
from watchkeeper.store.meta import Meta, bump

REVISION = "rules"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnDisk:
    project_id: int
    path: str
    source: str


class Rules:
    """Rule files of all projects. A change by any process is seen at the next `current()`."""

    def __init__(self, meta: Meta, clock: Clock) -> None:
        self._meta = meta
        self._clock = clock
        self._revision = -1
        self._files: tuple[StoredRuleFile, ...] = ()
        self._disk_errors: dict[tuple[int, str], str] = {}

    def check(self, source: str, name: str = "rules") -> RuleFile:
        """The parsed file. Raises RuleFileInvalid naming group, rule and line."""
        return parse_rule_file(name, source)

    def current(self) -> tuple[StoredRuleFile, ...]:
        """All files; the same object as before if nothing changed. Blocks on the meta store."""
        revision = self._meta.revision(REVISION)
        if revision != self._revision:
            with self._meta.read() as conn:
                rows = repo.all_rule_files(conn)
            self._files = tuple(
                _parsed(row.project_id, row.name, row.source, row.origin, row.changed_ms)
                for row in rows
            )
            self._revision = revision
        return self._files

    def get(self, scope: Scope, name: str) -> StoredRuleFile:
        """One rule file. Raises NotFound."""
        for file in self.list(scope):
            if file.name == name:
                return file
        raise NotFound(f"There is no rule file {name}.")

    def disk_errors(self, scope: Scope) -> list[str]:
        """What is wrong with files on disk that are not in force, as sentences."""
        return [
            error
            for (project_id, _), error in sorted(self._disk_errors.items())
            if project_id in scope.project_ids
        ]

    def put(self, scope: Scope, name: str, source: str) -> RuleFile:
        """Check and store a file from the UI. Raises RuleFileInvalid, RuleFileOnDisk, Invalid."""
        if not _NAME.fullmatch(name):
            raise Invalid("A rule file's name is 1 to 100 letters, digits, spaces and . _ -")
        parsed = parse_rule_file(name, source)
        with self._meta.write() as conn:
            if repo.rule_file_origin(conn, scope.project_id, name) == "file":
                raise RuleFileOnDisk(f"{name} stands on disk; change it there.")
            repo.put_rule_file(
                conn, scope.project_id, name, source=source, origin="ui", now_ms=self._clock()
            )
            bump(conn, REVISION)
        return parsed

    def delete(self, scope: Scope, name: str) -> None:
        """Remove a file made in the UI. Raises NotFound, RuleFileOnDisk."""
        with self._meta.write() as conn:
            if repo.rule_file_origin(conn, scope.project_id, name) == "file":
                raise RuleFileOnDisk(f"{name} stands on disk; remove it there.")
            if not repo.delete_rule_file(conn, scope.project_id, name):
                raise NotFound(f"There is no rule file {name}.")
            bump(conn, REVISION)

    def sync_disk(self, globs: Iterable[tuple[int, str]]) -> int:
        """Make the stored copies equal to the files that the globs name; returns the changes.

        A file that cannot be used leaves the last good copy in force and is told of.
        """
        found, unreadable = _read(globs)
        self._disk_errors = unreadable
        good = [file for file in found if self._is_good(file)]
        named = {(file.project_id, file.path) for file in found} | set(unreadable)
        stored = {
            (file.project_id, file.name): file.source
            for file in self.current()
            if file.origin == "file"
        }
        changed = [f for f in good if stored.get((f.project_id, f.path)) != f.source]
        gone = [key for key in stored if key not in named]
        if changed or gone:
            self._write(changed, gone)
        return len(changed) + len(gone)

    def list(self, scope: Scope) -> list[StoredRuleFile]:
        """The rule files of the scope's projects, by name."""
        return [file for file in self.current() if file.project_id in scope.project_ids]

    def _is_good(self, file: _OnDisk) -> bool:
        try:
            parse_rule_file(file.path, file.source)
        except RuleFileInvalid as error:
            self._disk_errors[file.project_id, file.path] = str(error)
            return False
        return True

    def _write(self, changed: Iterable[_OnDisk], gone: Iterable[tuple[int, str]]) -> None:
        with self._meta.write() as conn:
            for file in changed:
                repo.put_rule_file(
                    conn,
                    file.project_id,
                    file.path,
                    source=file.source,
                    origin="file",
                    now_ms=self._clock(),
                )
            for project_id, name in gone:
                repo.delete_rule_file(conn, project_id, name)
            bump(conn, REVISION)


def _read(
    globs: Iterable[tuple[int, str]],
) -> tuple[list[_OnDisk], dict[tuple[int, str], str]]:
    found: dict[tuple[int, str], _OnDisk] = {}
    errors: dict[tuple[int, str], str] = {}
    for project_id, pattern in globs:
        for path in sorted(glob.glob(pattern)):
            try:
                with open(path, encoding="utf-8") as file:
                    source = file.read()
            except (OSError, UnicodeDecodeError) as error:
                errors[project_id, path] = f"{path}: {error}"
                continue
            found[project_id, path] = _OnDisk(project_id=project_id, path=path, source=source)
    return list(found.values()), errors


def _parsed(
    project_id: int, name: str, source: str, origin: str, changed_ms: int
) -> StoredRuleFile:
    parsed, error = None, ""
    try:
        parsed = parse_rule_file(name, source)
    except RuleFileInvalid as problem:
        error = str(problem)
    return StoredRuleFile(
        project_id=project_id,
        name=name,
        source=source,
        origin=origin,
        changed_ms=changed_ms,
        parsed=parsed,
        error=error,
    )
