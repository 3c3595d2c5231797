"""The server's own secret, random tokens, and what is stored of them."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import string
from contextlib import suppress
from pathlib import Path

from watchkeeper.lib.errors import Overloaded, WatchkeeperError

SECRET_BYTES = 32
TOKEN_PREFIX = "wkt_"
TOKEN_CHARS = 40
_ALPHABET = string.ascii_letters + string.digits


class SecretUnreadable(WatchkeeperError):
    """The secret file is there but is not a secret."""

    code = "secret_unreadable"


def load_secret(path: Path) -> bytes:
    """The secret in the file; made first if the file is absent, by whichever process is first.

    Raises SecretUnreadable, Overloaded if the disk does not take it.
    """
    try:
        if not path.exists():
            _make(path)
        secret = path.read_bytes()
    except OSError as error:
        raise Overloaded(f"The secret file {path} cannot be used: {error.strerror}.") from error
    if len(secret) != SECRET_BYTES:
        raise SecretUnreadable(
            f"The secret file {path} must hold {SECRET_BYTES} bytes, it holds {len(secret)}: "
            "restore it, or delete it to make a new one (signed tokens then end)."
        )
    return secret


def _make(path: Path) -> None:
    """Write it whole under another name, then link: a reader never sees half of it."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, secrets.token_bytes(SECRET_BYTES))
        os.fsync(fd)
    finally:
        os.close(fd)
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


def digest(token: str) -> str:
    """What is stored of a random token: its SHA-256 in hex. Never use it on a password."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_session_token() -> str:
    """256 random bits for a cookie, a CSRF token or a link."""
    return secrets.token_urlsafe(32)


def new_ingest_key() -> str:
    """128 random bits as 32 hex digits, the form that Sentry's SDKs take."""
    return secrets.token_hex(16)


def new_api_token() -> str:
    """`wkt_` and 40 random letters and digits (238 bits)."""
    return TOKEN_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_CHARS))


def derived_api_token(secret: bytes, purpose: str) -> str:
    """The API token that `purpose` always gets under this secret; 160 bits as 40 hex digits."""
    mac = hmac.new(secret, f"api-token:{purpose}".encode(), hashlib.sha256)
    return TOKEN_PREFIX + mac.hexdigest()[:TOKEN_CHARS]


def signing_key(secret: bytes) -> bytes:
    """The key of signed bearer tokens; another than that of derived tokens."""
    return hmac.new(secret, b"jwt", hashlib.sha256).digest()
