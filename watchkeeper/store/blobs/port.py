"""The port of large opaque things: attachments, source maps, replays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Blobs(Protocol):
    """Bytes under a key such as `7/sourcemaps/ab12`. Keys are relative, without `..`."""

    def put(self, key: str, content: bytes) -> None:
        """Store, replacing what was there; durable when this returns."""
        ...

    def get(self, key: str) -> bytes:
        """Raises BlobMissing."""
        ...

    def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""
        ...

    def keys(self, prefix: str) -> Iterator[str]: ...
