"""What blob stores raise, besides Invalid for a key that no store takes."""

from __future__ import annotations

from watchkeeper.lib.errors import NotFound, Overloaded


class BlobMissing(NotFound):
    """There is nothing under this key."""

    code = "blob_missing"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no stored file {key}.")
        self.key = key


class BlobsUnavailable(Overloaded):
    """The disk or the S3 server did not take the call."""

    code = "blobs_unavailable"
