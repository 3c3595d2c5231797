"""Headers that limit what a browser may do with an answer."""

from __future__ import annotations

import secrets

ANSWER_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of everything that is not a page."""

HSTS = "max-age=31536000"


def new_nonce() -> str:
    """A nonce of one page: 128 random bits."""
    return secrets.token_urlsafe(16)


def page_policy(nonce: str) -> str:
    """Content-Security-Policy of a page: own scripts, styles by nonce, no framing."""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def security_headers(*, https: bool) -> list[tuple[bytes, bytes]]:
    """Headers of every answer; a route may set its own Content-Security-Policy besides."""
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"strict-origin-when-cross-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    ]
    if https:
        headers.append((b"strict-transport-security", HSTS.encode()))
    return headers
