"""The key of a person in rows: what they are known by, and its value: `id:42`, `email:…`."""

from __future__ import annotations

from hashlib import blake2b

KNOWN_BY = ("id", "email", "username", "ip_address")
"""What a person may be known by, the most stable first."""
_LONGEST = 250


def person_key(value: str, kind: str = "id") -> str:
    """The key of who has this id; empty for nobody."""
    return f"{kind}:{value}"[:_LONGEST] if value else ""


def person_id(key: str) -> str:
    """The id of a key that is made of one; of any other key the key itself."""
    return key.removeprefix("id:")


def person_hash(key: str) -> str:
    """16 hex digits that stand for a person where only who is the same counts."""
    return blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()


def key_forms(told: str) -> tuple[str, ...]:
    """Every key under which someone may be stored whom people call so.

    Older rows of spans and log lines have the bare id.
    """
    kind, _, value = told.partition(":")
    if value and kind in KNOWN_BY:
        return (told, value)
    return (told, *(person_key(told, kind) for kind in KNOWN_BY))
