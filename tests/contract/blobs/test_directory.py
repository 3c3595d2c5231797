"""The directory in particular: whole or not at all, and nothing outside of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from watchkeeper.store.blobs import BlobsUnavailable
from watchkeeper.store.blobs.directory import DirectoryBlobs


def test_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path / "blobs")

    blobs.put("7/a", b"x")

    assert stat.S_IMODE((tmp_path / "blobs" / "7" / "a").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "blobs" / "7").stat().st_mode) == 0o700


def test_a_file_that_was_not_finished_is_not_listed(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    blobs.put("7/a", b"x")
    (tmp_path / "7" / ".unfinished-0123").write_bytes(b"torn")

    assert list(blobs.keys("")) == ["7/a"]


def test_listing_never_leaves_the_directory(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    blobs = DirectoryBlobs(tmp_path / "blobs")
    blobs.put("7/a", b"x")

    assert list(blobs.keys("../")) == []


def test_a_write_that_fails_leaves_the_old_content_and_no_rest(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    blobs.put("7/a", b"old")
    blobs.put("7/b/c", b"a folder stands where the file would go")

    with pytest.raises(BlobsUnavailable):
        blobs.put("7/b", b"new")

    assert sorted(os.listdir(tmp_path / "7")) == ["a", "b"]
    assert blobs.get("7/a") == b"old"
