"""What stands for a person or a value that is not stored itself: salted hashes."""

from __future__ import annotations

from hashlib import blake2b

import orjson

from watchkeeper.privacy.walk import Json


def anonymous_id(identity: str, salt: bytes) -> str:
    """The id of a person who has none, from e-mail, name or address."""
    return f"anon:{blake2b(identity.encode(), key=salt[:64], digest_size=8).hexdigest()}"


def hashed(value: Json, salt: bytes) -> str:
    """The same text for the same value, by this salt."""
    content = value.encode("utf-8", "replace") if isinstance(value, str) else orjson.dumps(value)
    return f"hash:{blake2b(content, key=salt[:64], digest_size=8).hexdigest()}"
