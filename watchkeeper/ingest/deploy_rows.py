"""Deployments between protocol and store."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class DeployRow(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One word about a deployment. New fields go to the end: old records lie in spools.

    status: started, in_progress, success, failure. at_ms: when it was so, Unix ms UTC.
    None: not told.
    """

    deployment_id: str
    status: str
    at_ms: int
    started_ms: int | None
    duration_ms: int | None
    release: str | None
    environment: str | None
    url: str | None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[DeployRow])


def encode_deploys(rows: Sequence[DeployRow]) -> bytes:
    """The payload of a record of Kind.DEPLOYS."""
    return _encoder.encode(rows)


def decode_deploys(payload: bytes) -> list[DeployRow]:
    """The rows of a record. Raises msgspec.MsgspecError."""
    return _decoder.decode(payload)
