"""Blobs end with the rows that name them."""

from __future__ import annotations

from pathlib import Path

from watchkeeper.app.blob_upkeep import drop_expired_blobs
from watchkeeper.store.blobs.directory import DirectoryBlobs

NOW_MS = 1_795_224_000_000  # 2026-11-21


def test_blobs_go_after_their_table_s_days(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    kept = ["attachments/20261114/1/a", "replays/20261022/1/b/0-recording", "sourcemaps/x"]
    for key in (*kept, "attachments/20261111/1/c", "replays/20261010/1/d/0-recording"):
        blobs.put(key, b"x")
    assert drop_expired_blobs(blobs, {"attachments": 7}, NOW_MS) == 2
    assert sorted(blobs.keys("")) == sorted(kept)
