"""Blobs in a bucket of anything that speaks the S3 API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from watchkeeper.lib.errors import Invalid
from watchkeeper.store.blobs.errors import BlobMissing, BlobsUnavailable
from watchkeeper.store.blobs.keys import checked_key

if TYPE_CHECKING:
    from obstore.store import S3Store

TIMEOUT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """Where the bucket is. Empty keys: what the machine's environment or role provides."""

    region: str = "us-east-1"
    endpoint: str = ""
    """Address of a server that is not AWS, such as https://minio.example.com:9000."""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    retry_for: timedelta = timedelta(seconds=10)
    """How long a call is tried again before it fails."""


class S3Blobs:
    """Objects under `s3://<bucket>/<prefix>`. Thread-safe; an object is there whole or not at all.

    Raises Invalid (bad key or address), BlobMissing, BlobsUnavailable (server, rights, network).
    """

    def __init__(self, url: str, *, options: S3Options | None = None) -> None:
        self._store = _open(url, options or S3Options())

    def put(self, key: str, content: bytes) -> None:
        with _translated(key):
            self._store.put(checked_key(key), content)

    def get(self, key: str) -> bytes:
        with _translated(key):
            return self._store.get(checked_key(key)).bytes().to_bytes()

    def delete(self, key: str) -> None:
        try:
            with _translated(key):
                self._store.delete(checked_key(key))
        except BlobMissing:
            return

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, as text, in no order."""
        folder = prefix.rpartition("/")[0]
        with _translated(prefix):
            for page in self._store.list(prefix=folder or None):
                yield from (meta["path"] for meta in page if meta["path"].startswith(prefix))


def _open(url: str, options: S3Options) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise Invalid("Blobs in S3 need the extra: pip install 'watchkeeper[s3]'.") from error
    if not url.startswith("s3://"):
        raise Invalid("The address of the blobs must look like s3://bucket/prefix.")
    known: dict[str, str] = {}
    if options.access_key:
        known = {
            "access_key_id": options.access_key,
            "secret_access_key": options.secret_key,
        }
    if options.endpoint:
        known["endpoint"] = options.endpoint
    is_plain = options.endpoint.startswith("http://")
    return S3Store.from_url(
        url,
        region=options.region,
        client_options={"allow_http": is_plain, "timeout": TIMEOUT},
        retry_config={"retry_timeout": options.retry_for},
        **known,  # type: ignore[arg-type]
    )


@contextmanager
def _translated(key: str) -> Iterator[None]:
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        if "NoSuchBucket" in str(error):
            raise BlobsUnavailable("The S3 bucket does not exist; create it.") from error
        raise BlobMissing(key) from error
    except (BaseError, OSError) as error:
        raise BlobsUnavailable(f"The S3 server did not take {key}; see the log.") from error
