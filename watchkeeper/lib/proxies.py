"""Which proxy a request goes through: by configuration, or by the usual environment variables."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """url: of an HTTP proxy; empty: none. no_proxy: hosts, domains, addresses and networks that are
    reached directly, with commas. from_environment: HTTP_PROXY, HTTPS_PROXY and NO_PROXY say both.
    connect_headers: told to the proxy alone, when a tunnel is opened.
    """

    url: str = ""
    no_proxy: str = ""
    from_environment: bool = False
    connect_headers: tuple[tuple[str, str], ...] = ()


NO_PROXY = ProxyOptions()


def proxy_for(url: str, options: ProxyOptions, environment: Mapping[str, str]) -> str:
    """The URL of the proxy for a request to `url`; empty if it goes there directly."""
    proxy, no_proxy = options.url, options.no_proxy
    parts = urlsplit(url)
    if options.from_environment:
        proxy = _variable(environment, f"{parts.scheme}_proxy")
        no_proxy = _variable(environment, "no_proxy")
        host = parts.hostname or ""
        if host == "localhost" or _is_loopback(host):
            return ""
    if not proxy or goes_directly(url, no_proxy):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def goes_directly(url: str, no_proxy: str) -> bool:
    """True if `no_proxy` names the host of `url`. `*` names every host.

    `example.com` names itself and its subdomains, `.example.com` the subdomains; a port restricts.
    """
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
    return any(
        _is_named(entry.strip().lower(), host, port)
        for entry in no_proxy.split(",")
        if entry.strip()
    )


def _is_named(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if address is not None and "/" in entry:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name, colon, only_port = entry.rpartition(":")
    if colon and only_port.isdigit() and (":" not in name or name.endswith("]")):
        if int(only_port) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    if address is not None:
        return _address(entry) == address
    domain = entry.removeprefix("*")
    if domain.startswith("."):
        return host.endswith(domain)
    return host == domain or host.endswith(f".{domain}")


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name.upper()) or environment.get(name, "")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_loopback
