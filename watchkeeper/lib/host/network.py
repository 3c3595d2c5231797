"""Network devices, protocols and sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psutil

from watchkeeper.lib.host.readings import Reading, pairs, proc_text

_RECEIVED = ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")
_SENT = ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")
_PROTOCOL_FIELDS = frozenset({
    "IpExt_InOctets", "IpExt_OutOctets", "Ip_Forwarding", "Icmp_InMsgs", "Icmp_OutMsgs",
    "Icmp_InErrors", "TcpExt_ListenDrops", "TcpExt_ListenOverflows", "TcpExt_SyncookiesFailed",
    "TcpExt_SyncookiesRecv", "TcpExt_SyncookiesSent", "TcpExt_TCPSynRetrans", "TcpExt_TCPTimeouts",
    "TcpExt_TCPOFOQueue", "TcpExt_TCPRcvQDrop", "Tcp_ActiveOpens", "Tcp_PassiveOpens",
    "Tcp_CurrEstab", "Tcp_InErrs", "Tcp_InSegs", "Tcp_OutSegs", "Tcp_OutRsts", "Tcp_RetransSegs",
    "Udp_InDatagrams", "Udp_OutDatagrams", "Udp_InErrors", "Udp_NoPorts", "Udp_RcvbufErrors",
    "Udp_SndbufErrors", "UdpLite_InErrors",
})  # fmt: skip
"""What node_exporter keeps by default."""


def devices() -> Iterator[Reading]:
    """Traffic, errors and state of each device."""
    try:
        yield from devices_of(proc_text("net/dev"))
    except OSError:
        yield from _devices_elsewhere()
    for device, state in psutil.net_if_stats().items():
        labels = (("device", device),)
        yield "node_network_up", labels, float(state.isup)
        yield "node_network_mtu_bytes", labels, float(state.mtu)
        if state.speed:
            yield "node_network_speed_bytes", labels, state.speed * 1e6 / 8


def devices_of(net_dev: str) -> Iterator[Reading]:
    """Readings of the text of /proc/net/dev."""
    for line in net_dev.splitlines()[2:]:
        device, _, counts = line.partition(":")
        values, labels = counts.split(), (("device", device.strip()),)
        for way, names, numbers in (
            ("receive", _RECEIVED, values[: len(_RECEIVED)]),
            ("transmit", _SENT, values[len(_RECEIVED) :]),
        ):
            for name, value in zip(names, numbers, strict=False):
                yield f"node_network_{way}_{name}_total", labels, float(value)


def _devices_elsewhere() -> Iterator[Reading]:
    for device, io in psutil.net_io_counters(pernic=True).items():
        labels = (("device", device),)
        yield "node_network_receive_bytes_total", labels, float(io.bytes_recv)
        yield "node_network_transmit_bytes_total", labels, float(io.bytes_sent)
        yield "node_network_receive_packets_total", labels, float(io.packets_recv)
        yield "node_network_transmit_packets_total", labels, float(io.packets_sent)
        yield "node_network_receive_errs_total", labels, float(io.errin)
        yield "node_network_transmit_errs_total", labels, float(io.errout)
        yield "node_network_receive_drop_total", labels, float(io.dropin)
        yield "node_network_transmit_drop_total", labels, float(io.dropout)


def protocols() -> Iterator[Reading]:
    """Counts of TCP, UDP, IP and ICMP; established connections among them."""
    for name in ("net/snmp", "net/netstat"):
        with suppress(OSError):
            yield from protocols_of(proc_text(name))


def protocols_of(text: str) -> Iterator[Reading]:
    """Readings of /proc/net/snmp or netstat: a line of names, then one of values."""
    lines = [line.split() for line in text.splitlines()]
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        protocol = names[0].removesuffix(":")
        for name, value in zip(names[1:], values[1:], strict=False):
            if f"{protocol}_{name}" in _PROTOCOL_FIELDS:
                yield f"node_netstat_{protocol}_{name}", (), float(value)


def sockets() -> Iterator[Reading]:
    """Sockets in use, by protocol."""
    yield from sockets_of(proc_text("net/sockstat"))


def sockets_of(sockstat: str) -> Iterator[Reading]:
    """Readings of the text of /proc/net/sockstat."""
    for protocol, fields in pairs(sockstat):
        for name, value in zip(fields[::2], fields[1::2], strict=False):
            yield f"node_sockstat_{protocol}_{name}", (), float(value)
