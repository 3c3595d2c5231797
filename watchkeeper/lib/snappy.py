"""Snappy blocks, as Prometheus's protocols and Loki's send them."""

from __future__ import annotations


class NotSnappy(Exception):
    """The bytes are no snappy block; says why."""


class TooLong(Exception):
    """Unpacked it would be longer than allowed; nothing was unpacked."""


def unpack_block(packed: bytes, *, limit_bytes: int) -> bytes:
    """What a block holds. Raises NotSnappy, TooLong."""
    import cramjam  # at first use: most processes and senders never need it

    try:
        if cramjam.snappy.decompress_raw_len(packed) > limit_bytes:
            raise TooLong
        return bytes(cramjam.snappy.decompress_raw(packed))
    except cramjam.DecompressionError as error:
        raise NotSnappy(str(error)) from error
