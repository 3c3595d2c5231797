"""Large opaque things under a key: in a directory, or in anything that speaks the S3 API."""

from watchkeeper.store.blobs.errors import BlobMissing, BlobsUnavailable
from watchkeeper.store.blobs.port import Blobs

__all__ = ["BlobMissing", "Blobs", "BlobsUnavailable"]
