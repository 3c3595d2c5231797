"""The grouping key of a push, as its address has it. Pure."""

from __future__ import annotations

import base64
import binascii
import re

from watchkeeper.ingest.pushgateway.errors import BadPush
from watchkeeper.model import Labels, labels_of

_BASE64 = "@base64"
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MAX_CHARACTERS = 4_096


def grouping_of(job: str, rest: str, *, job_is_base64: bool = False) -> Labels:
    """The labels of `/metrics/job/<job>/<rest>`: label and value by turns. Raises BadPush.

    A name that ends in @base64 has a value in base64 for URLs, which may hold slashes or nothing.
    """
    if len(job) + len(rest) > _MAX_CHARACTERS:
        raise BadPush(f"The grouping key is longer than {_MAX_CHARACTERS:,} characters.")
    if job_is_base64:
        job = _decoded(job, "job name")
    if not job:
        raise BadPush("job name is required")
    parts = rest.split("/") if rest else []
    if len(parts) % 2:
        raise BadPush(f'odd number of components in label string "/{rest}"')
    found = {}
    for name, value in zip(parts[::2], parts[1::2], strict=True):
        plain = name.removesuffix(_BASE64)
        if not _LABEL_NAME.fullmatch(plain) or plain.startswith("__"):
            raise BadPush(f'improper label name "{plain}"')
        found[plain] = value if plain == name else _decoded(value, f"label {plain}")
    return labels_of({**found, "job": job})


def _decoded(text: str, what: str) -> str:
    bare = text.rstrip("=")
    try:
        if not re.fullmatch(r"[A-Za-z0-9_-]*", bare):
            raise binascii.Error("a character is not of the alphabet")
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadPush(f'invalid base64 encoding in {what} "{text}": {error}') from error
