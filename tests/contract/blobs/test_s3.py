"""S3 in particular: addresses and a server that is away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from watchkeeper.lib.errors import Invalid
from watchkeeper.store.blobs import BlobsUnavailable
from watchkeeper.store.blobs.s3 import S3Blobs, S3Options


def test_another_address_is_refused() -> None:
    with pytest.raises(Invalid, match="s3://"):
        S3Blobs("https://example.com/bucket")


def test_a_server_that_is_away_is_unavailable() -> None:
    options = S3Options(
        endpoint="http://127.0.0.1:1",
        access_key="test",
        secret_key="test",
        retry_for=timedelta(milliseconds=100),
    )

    with pytest.raises(BlobsUnavailable):
        S3Blobs("s3://bucket", options=options).get("7/a")


@pytest.mark.s3
def test_a_bucket_that_does_not_exist_is_no_missing_blob(s3_endpoint: str) -> None:
    options = S3Options(endpoint=s3_endpoint, access_key="test", secret_key="test")

    blobs = S3Blobs("s3://no-such-bucket", options=options)

    with pytest.raises(BlobsUnavailable, match="bucket"):
        blobs.put("7/a", b"x")
    with pytest.raises(BlobsUnavailable, match="bucket"):
        blobs.get("7/a")


def test_the_secret_key_is_not_printed() -> None:
    assert "hush" not in repr(S3Options(access_key="me", secret_key="hush"))
