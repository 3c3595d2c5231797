"""Who a request came from."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request


def client_address(request: Request) -> str:
    """The caller's address as the edge saw it: the last one in X-Forwarded-For, else the peer's.

    The edge appends the address that connected to it, so what a caller writes there itself never
    comes last. Empty when the peer has none (a Unix socket without an edge before it).
    """
    forwarded = request.headers.get("x-forwarded-for", "")
    last = forwarded.rpartition(",")[2].strip()
    return last or (request.client.host if request.client else "")


def user_agent(request: Request) -> str:
    """The program that the caller says it is, at most 300 characters."""
    return request.headers.get("user-agent", "")[:300]


def is_loopback(address: str) -> bool:
    """True for 127.0.0.0/8 and ::1; False for what is no address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
