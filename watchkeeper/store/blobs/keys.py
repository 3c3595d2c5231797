"""Which keys a blob may have. Pure."""

from __future__ import annotations

import re

from watchkeeper.lib.errors import Invalid

KEY_CHARS = 512
_PART = re.compile(r"(?!\.)[A-Za-z0-9._=@+-]{1,200}")


def checked_key(key: str) -> str:
    """The key itself, if every store can hold it. Raises Invalid.

    Parts between slashes: letters, digits and `._=@+-`, not beginning with a dot.
    """
    if len(key) > KEY_CHARS or not all(_PART.fullmatch(part) for part in key.split("/")):
        raise Invalid(f"The key {key[:80]!r} is no relative path of letters, digits and ._=@+-")
    return key
