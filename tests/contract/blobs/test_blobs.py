"""What every blob store promises."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from tests.servers.s3 import BUCKET
from watchkeeper.lib.errors import Invalid
from watchkeeper.store.blobs import BlobMissing, Blobs
from watchkeeper.store.blobs.directory import DirectoryBlobs
from watchkeeper.store.blobs.s3 import S3Blobs, S3Options

PREFIXES = count()


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.s3)])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "directory":
        return DirectoryBlobs(tmp_path / "blobs")
    endpoint = request.getfixturevalue("s3_endpoint")
    options = S3Options(endpoint=endpoint, access_key="test", secret_key="test")
    return S3Blobs(f"s3://{BUCKET}/run-{next(PREFIXES)}", options=options)


def test_what_was_put_comes_back(blobs: Blobs) -> None:
    content = bytes(range(256)) * 1_000

    blobs.put("7/sourcemaps/ab12", content)

    assert blobs.get("7/sourcemaps/ab12") == content


def test_an_empty_blob_is_a_blob(blobs: Blobs) -> None:
    blobs.put("7/empty", b"")

    assert blobs.get("7/empty") == b""


def test_the_later_content_replaces_the_earlier(blobs: Blobs) -> None:
    blobs.put("7/a", b"a longer first content")
    blobs.put("7/a", b"second")

    assert blobs.get("7/a") == b"second"


def test_what_was_never_put_is_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing):
        blobs.get("7/nothing")


def test_a_folder_of_blobs_is_no_blob(blobs: Blobs) -> None:
    blobs.put("7/folder/a", b"x")

    with pytest.raises(BlobMissing):
        blobs.get("7/folder")


def test_what_was_deleted_is_missing(blobs: Blobs) -> None:
    blobs.put("7/a", b"x")

    blobs.delete("7/a")

    with pytest.raises(BlobMissing):
        blobs.get("7/a")


def test_deleting_nothing_is_no_error(blobs: Blobs) -> None:
    blobs.put("7/a", b"x")

    blobs.delete("7/nothing")
    blobs.delete("8/nothing")

    assert blobs.get("7/a") == b"x"


def test_keys_are_listed_by_how_they_begin(blobs: Blobs) -> None:
    for key in ("7/maps/a", "7/maps/b", "7/mapped", "70/maps/a"):
        blobs.put(key, b"x")

    assert sorted(blobs.keys("7/")) == ["7/mapped", "7/maps/a", "7/maps/b"]
    assert sorted(blobs.keys("7/maps/")) == ["7/maps/a", "7/maps/b"]
    assert sorted(blobs.keys("7/map")) == ["7/mapped", "7/maps/a", "7/maps/b"]
    assert sorted(blobs.keys("")) == ["7/mapped", "7/maps/a", "7/maps/b", "70/maps/a"]
    assert sorted(blobs.keys("9/")) == []


@pytest.mark.parametrize(
    "key",
    ["", "/", "/etc/passwd", "../x", "7/../../x", "7/./x", "7//x", "7/", ".hidden", "a\x00b",
     "a\\b", "a b", "ä", "x" * 201, "x/" * 300 + "x"],
)  # fmt: skip
def test_a_key_that_leads_elsewhere_is_refused(blobs: Blobs, key: str) -> None:
    with pytest.raises(Invalid):
        blobs.put(key, b"x")
    with pytest.raises(Invalid):
        blobs.get(key)
    with pytest.raises(Invalid):
        blobs.delete(key)
