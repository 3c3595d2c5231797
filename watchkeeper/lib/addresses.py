"""Which network addresses an outbound call may reach."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local; cloud metadata lives at 169.254.169.254 and 169.254.170.2
        "100.100.100.200/32",  # metadata of a cloud that uses shared address space
        "168.63.129.16/32",  # a cloud's host agent, publicly routable on paper only
        "fe80::/10",
        "fd00:ec2::254/128",  # metadata over IPv6
        "fd20:ce::254/128",  # metadata over IPv6
        "224.0.0.0/4",
        "ff00::/8",
        "255.255.255.255/32",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NUMERIC_HOST = re.compile(r"^(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?$", re.IGNORECASE)


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """CIDRs as the operator wrote them. Raises ValueError naming the bad one."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def literal_address(host: str) -> Address | None:
    """The address that a host spells out, or None for a name.

    Raises ValueError for the historic spellings (2130706433, 0177.0.0.1, 0x7f.1, 127.1): they
    read as something else than they reach.
    """
    bare = host.removeprefix("[").removesuffix("]")
    if ":" in bare:
        return ipaddress.IPv6Address(bare)
    if not _NUMERIC_HOST.match(bare):
        return None
    return ipaddress.IPv4Address(bare)


def refusal(address: Address, *, allow: Sequence[Network], trusted: bool) -> str | None:
    """Why this address may not be reached; None if it may.

    trusted: the address comes from an operator's file on disk, so private networks are fine.
    allow: networks that the operator opened for addresses of any origin.
    Addresses that carry another one inside (IPv4-mapped, NAT64, 6to4, Teredo) are judged by both.
    """
    for each in (address, *_embedded(address)):
        reason = _refusal_of_one(each, allow=allow, trusted=trusted)
        if reason:
            return reason
    return None


def _refusal_of_one(address: Address, *, allow: Sequence[Network], trusted: bool) -> str | None:
    if any(address in network for network in _NEVER if network.version == address.version):
        return "link-local, metadata and multicast addresses are never reached"
    if trusted or any(
        address in network for network in allow if network.version == address.version
    ):
        return None
    if isinstance(address, ipaddress.IPv6Address) and _embedded(address):
        return None  # the address inside decides
    if not address.is_global:
        return "the address is not public; the operator may open its network in outbound.allow"
    return None


def _embedded(address: Address) -> tuple[ipaddress.IPv4Address, ...]:
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        return (ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF),)
    return ()
