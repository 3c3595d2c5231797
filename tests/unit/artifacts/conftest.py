"""Stores, uploads and a symbolicator in a temporary directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.house import PROJECT, House, open_house
from tests.unit.artifacts.builds import sha1
from watchkeeper.artifacts import Assembly, Releases, Symbolicator, Uploads, Wanted
from watchkeeper.issues import Issues
from watchkeeper.store.blobs.directory import DirectoryBlobs
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta


@dataclass
class Works:
    """What the engine has of artifacts."""

    house: House
    blobs: DirectoryBlobs
    symbolicator: Symbolicator
    uploads: Uploads
    releases: Releases

    def upload(
        self,
        content: bytes,
        *,
        release: str = "",
        dist: str = "",
        projects: tuple[int, ...] = (PROJECT,),
    ) -> Assembly:
        """Upload a bundle in one piece."""
        self.uploads.add_chunks(1, [(sha1(content), content)])
        return self.assemble(content, release=release, dist=dist, projects=projects)

    def assemble(
        self,
        content: bytes,
        *,
        release: str = "",
        dist: str = "",
        projects: tuple[int, ...] = (PROJECT,),
    ) -> Assembly:
        wanted = Wanted(
            org_id=1,
            project_ids=projects,
            checksum=sha1(content),
            chunks=(sha1(content),),
            release=release,
            dist=dist,
        )
        return self.uploads.assemble(wanted, lambda _manifest: (PROJECT,), wait_s=60)

    def issues(self) -> Issues:
        return Issues(
            meta=self.house.meta,
            columns=self.house.columns,
            clock=self.house.clock,
            symbolicator=self.symbolicator,
        )


@contextmanager
def open_works(directory: Path, meta: Meta, columns: Columns) -> Iterator[Works]:
    """meta, columns: as for a House."""
    with open_house(directory, meta, columns) as house:
        blobs = DirectoryBlobs(directory / "blobs")
        symbolicator = house.symbolicator = Symbolicator(house.meta, blobs)
        uploads = Uploads(house.meta, blobs, house.clock, told=symbolicator.forget)
        releases = Releases(house.meta, house.columns, house.clock)
        yield Works(house, blobs, symbolicator, uploads, releases)
        uploads.close()


@pytest.fixture
def works(tmp_path: Path, sqlite_meta: Meta, empty_columns: Columns) -> Iterator[Works]:
    with open_works(tmp_path, sqlite_meta, empty_columns) as opened:
        yield opened
