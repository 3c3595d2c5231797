"""Where prometheus.yml files come from: a project's own in meta, and one on disk."""

from __future__ import annotations

import glob
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from watchkeeper.ingest.scrape.config import Surroundings, parse_config
from watchkeeper.ingest.scrape.errors import ScrapeConfigInvalid
from watchkeeper.ingest.scrape.shown import without_secrets
from watchkeeper.ingest.scrape.sign_in import names_files
from watchkeeper.ingest.scrape.types import ScrapeConfig
from watchkeeper.lib.clock import MINUTE_MS, Clock
from watchkeeper.model import Scope
from watchkeeper.store.meta import bump, tables

if TYPE_CHECKING:
    from watchkeeper.store.meta import Meta

REVISION = "scrape"
_SETTLE_S = 0.05
_SETTLE_ROUNDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """An operator's prometheus.yml on disk and the project that its samples go to."""

    path: str
    project_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectConfig:
    """One config in force. config is None while `error` says why it cannot be used.

    trusted: it stands on disk, so private addresses and files may be reached. directory: where its
    relative paths start. text: what `config` was read from.
    """

    project_id: int
    config: ScrapeConfig | None
    error: str
    trusted: bool
    directory: str
    text: str = ""


class ScrapeConfigs:
    """Reads, checks and keeps scrape configs. A change by any process is seen within one look."""

    def __init__(
        self,
        meta: Meta,
        clock: Clock,
        files: Callable[[], Sequence[ConfigFile]] = tuple,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """files: asked at each look, because the project of a file may be made later.

        environment: for $NAME in external_labels of files on disk.
        """
        self._meta = meta
        self._clock = clock
        self._files = files
        self._environment = environment or {}
        self._seen: tuple[object, ...] | None = None
        self._configs: tuple[ProjectConfig, ...] = ()
        self._lock = threading.Lock()

    def current(self) -> tuple[ProjectConfig, ...]:
        """Configs in force; the same object as before if nothing changed. Blocks on disk."""
        with self._lock:
            return self._current()

    def reload(self) -> tuple[ProjectConfig, ...]:
        """Read everything anew, changed or not. Blocks on disk."""
        with self._lock:
            self._seen = None
            return self._current()

    def _current(self) -> tuple[ProjectConfig, ...]:
        files = tuple(self._files())
        # Looked at before it is read: what changes meanwhile is seen at the next look.
        seen = self._stamp(files)
        if seen != self._seen:
            self._configs = (*self._from_disk(files), *self._from_meta())
            self._seen = seen
        return self._configs

    def _stamp(self, files: Sequence[ConfigFile]) -> tuple[object, ...]:
        """Differs when something that configs are made of has changed."""
        included = [
            path
            for entry in self._configs
            if entry.config
            for pattern in entry.config.included_globs
            for path in sorted(glob.glob(os.path.join(entry.directory, pattern)))
        ]
        return (
            self._meta.revision(REVISION),
            *((file, _stat(file.path)) for file in files),
            *((path, _stat(path)) for path in included),
        )

    def source(self, scope: Scope) -> str:
        """The text of a project's own config; empty if it has none."""
        table = tables.scrape_configs
        with self._meta.read() as connection:
            row = connection.execute(
                select(table.c.source).where(table.c.project_id == scope.project_id)
            ).first()
        return row.source if row else ""

    def shown(self, scope: Scope) -> str:
        """What is in force for the projects of a scope, secrets left out; as YAML documents."""
        texts = [each.text for each in self.current() if each.project_id in scope.project_ids]
        return "---\n".join(filter(None, map(without_secrets, texts)))

    def put(self, scope: Scope, source: str) -> ScrapeConfig:
        """Check and store a project's config; an empty text removes it.

        Raises ScrapeConfigInvalid, and then nothing changed.
        """
        config = parse_config(source)
        refuse_files(config)
        table = tables.scrape_configs
        with self._meta.write() as connection:
            connection.execute(delete(table).where(table.c.project_id == scope.project_id))
            if source.strip():
                connection.execute(
                    table.insert().values(
                        project_id=scope.project_id, source=source, changed_ms=self._clock()
                    )
                )
            bump(connection, REVISION)
        return config

    def evaluation_interval_ms(self, project_id: int) -> int:
        """How often rule groups of a project run that name no interval of their own."""
        for entry in self.current():
            if entry.project_id == project_id and entry.config:
                return entry.config.evaluation_interval_ms
        return MINUTE_MS

    def rule_globs(self) -> list[tuple[int, str]]:
        """(project, absolute glob) of each rule_files entry in configs that stand on disk."""
        return [
            (entry.project_id, os.path.join(entry.directory, pattern))
            for entry in self.current()
            if entry.trusted and entry.config
            for pattern in entry.config.rule_files
        ]

    def _from_disk(self, files: Sequence[ConfigFile]) -> Iterable[ProjectConfig]:
        for file in files:
            directory = os.path.dirname(os.path.abspath(file.path))
            config: ScrapeConfig | None
            good = self._last_good(file.project_id)
            try:
                surroundings = Surroundings(
                    read_included=partial(_read_included, directory),
                    environment=self._environment,
                )
                text = _settled_text(file.path) if self._configs else _text(file.path)
                config, error = parse_config(text, surroundings), ""
            except (ScrapeConfigInvalid, OSError, UnicodeDecodeError) as problem:
                config, error = good.config if good else None, f"{file.path}: {problem}"
                text = good.text if good else ""
            yield ProjectConfig(
                project_id=file.project_id,
                config=config,
                error=error,
                trusted=True,
                directory=directory,
                text=text,
            )

    def _last_good(self, project_id: int) -> ProjectConfig | None:
        """What a file on disk said before it was broken: scraping goes on with it."""
        return next((c for c in self._configs if c.trusted and c.project_id == project_id), None)

    def _from_meta(self) -> Iterable[ProjectConfig]:
        with self._meta.read() as connection:
            rows = connection.execute(select(tables.scrape_configs)).all()
        for row in rows:
            config: ScrapeConfig | None
            try:
                config, error = parse_config(row.source), ""
                refuse_files(config)
            except ScrapeConfigInvalid as problem:
                config, error = None, str(problem)
            yield ProjectConfig(
                project_id=row.project_id,
                config=config,
                error=error,
                trusted=False,
                directory="",
                text=row.source if config else "",
            )


def refuse_files(config: ScrapeConfig) -> None:
    """Raises ScrapeConfigInvalid if a config that is not on disk names files of this machine."""
    for job in config.jobs:
        clients = (job.client, *(source.client for source in job.http))
        if job.files or any(names_files(client) for client in clients):
            raise ScrapeConfigInvalid(
                f'job "{job.name}" names files of the server (file_sd, *_file); that is for the '
                "operator's prometheus.yml on disk: write the values themselves here"
            )


def _read_included(directory: str, pattern: str) -> Iterator[tuple[str, str]]:
    for path in sorted(glob.glob(os.path.join(directory, pattern))):
        with open(path, encoding="utf-8") as file:
            yield path, file.read()


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _settled_text(path: str) -> str:
    """The text of a file that has just changed, once nobody writes to it any more.

    A file is empty for a moment while an editor writes it; taken over then, all its targets would
    end.
    """
    for _ in range(_SETTLE_ROUNDS):
        before, text = _stat(path), _text(path)
        time.sleep(_SETTLE_S)
        if _stat(path) == before:
            break
    return text


def _stat(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
        return found.st_mtime_ns, found.st_size, found.st_ino
    except OSError:
        return None
