"""Host metrics have node_exporter's names, labels and units."""

from __future__ import annotations

import sys

import pytest

from watchkeeper.lib.host import read_host, type_of
from watchkeeper.lib.host.kernel import activity_of
from watchkeeper.lib.host.network import devices_of, protocols_of, sockets_of
from watchkeeper.lib.host.processor import memory_of, pressure_of
from watchkeeper.lib.host.storage import disks_of, is_kept

MEMINFO = """MemTotal:       16316412 kB
MemAvailable:   11204820 kB
Active(anon):    2048000 kB
HugePages_Total:       3
"""
DISKSTATS = """ 259       0 nvme0n1 100 5 2048 1500 200 6 4096 2500 1 3000 4000 7 8 9 10 11 12
 259       1 nvme0n1p1 1 1 1 1 1 1 1 1 1 1 1
   7       0 loop0 1 1 1 1 1 1 1 1 1 1 1
   8       0 sda 1 2 3 4 5 6 7 8 9 10 11
"""
NET_DEV = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
  eth0: 1000 10 1 2 0 0 0 5 2000 20 3 4 0 0 0 0
"""  # noqa: E501
SNMP = """Tcp: RtoAlgorithm CurrEstab InSegs
Tcp: 1 42 1000
Udp: InDatagrams NoPorts
Udp: 7 8
"""


def test_memory_is_in_bytes_by_node_exporter_s_names() -> None:
    assert list(memory_of(MEMINFO)) == [
        ("node_memory_MemTotal_bytes", (), 16316412 * 1024.0),
        ("node_memory_MemAvailable_bytes", (), 11204820 * 1024.0),
        ("node_memory_Active_anon_bytes", (), 2048000 * 1024.0),
        ("node_memory_HugePages_Total", (), 3.0),
    ]


def test_disks_are_whole_disks_in_bytes_and_seconds() -> None:
    found = {(name, dict(labels)["device"]): value for name, labels, value in disks_of(DISKSTATS)}

    assert {device for _, device in found} == {"nvme0n1", "sda"}
    assert found["node_disk_read_bytes_total", "nvme0n1"] == 2048 * 512
    assert found["node_disk_written_bytes_total", "nvme0n1"] == 4096 * 512
    assert found["node_disk_io_time_seconds_total", "nvme0n1"] == 3.0
    assert found["node_disk_writes_completed_total", "sda"] == 5.0
    assert ("node_disk_flush_requests_total", "sda") not in found


def test_devices_tell_both_ways() -> None:
    found = {name: value for name, _, value in devices_of(NET_DEV)}

    assert found["node_network_receive_bytes_total"] == 1000.0
    assert found["node_network_receive_multicast_total"] == 5.0
    assert found["node_network_transmit_errs_total"] == 3.0
    assert found["node_network_transmit_drop_total"] == 4.0


def test_protocol_counts_are_those_node_exporter_keeps() -> None:
    assert list(protocols_of(SNMP)) == [
        ("node_netstat_Tcp_CurrEstab", (), 42.0),
        ("node_netstat_Tcp_InSegs", (), 1000.0),
        ("node_netstat_Udp_InDatagrams", (), 7.0),
        ("node_netstat_Udp_NoPorts", (), 8.0),
    ]


def test_pressure_is_in_seconds() -> None:
    text = "some avg10=0.0 avg60=0.0 avg300=0.0 total=2500000\nfull avg10=0.0 total=1000000\n"

    assert list(pressure_of("io", text)) == [
        ("node_pressure_io_waiting_seconds_total", (), 2.5),
        ("node_pressure_io_stalled_seconds_total", (), 1.0),
    ]
    assert [name for name, _, _ in pressure_of("cpu", text)] == [
        "node_pressure_cpu_waiting_seconds_total"
    ]


def test_the_kernel_s_activity_and_sockets_are_read() -> None:
    stat = "cpu  1 2 3\nintr 99 1 2\nctxt 5\nprocesses 7\nprocs_running 2\n"

    assert list(activity_of(stat)) == [
        ("node_intr_total", (), 99.0),
        ("node_context_switches_total", (), 5.0),
        ("node_forks_total", (), 7.0),
        ("node_procs_running", (), 2.0),
    ]
    assert list(sockets_of("sockets: used 12\nTCP: inuse 3 orphan 0\n")) == [
        ("node_sockstat_sockets_used", (), 12.0),
        ("node_sockstat_TCP_inuse", (), 3.0),
        ("node_sockstat_TCP_orphan", (), 0.0),
    ]


@pytest.mark.parametrize(
    ("fstype", "mountpoint", "kept"),
    [
        ("ext4", "/", True),
        ("overlay", "/", True),
        ("tmpfs", "/run", True),
        ("overlay", "/var/lib/docker/overlay2/x/merged", False),
        ("ext4", "/var/lib/docker/volumes/x", False),
        ("proc", "/proc", False),
        ("devtmpfs", "/dev", False),
    ],
)
def test_file_systems_that_hold_nothing_are_left_out(
    fstype: str, mountpoint: str, kept: bool
) -> None:
    assert is_kept(fstype, mountpoint) is kept


@pytest.mark.skipif(sys.platform != "linux", reason="most of it is Linux's")
def test_a_real_host_has_what_dashboards_ask_for() -> None:
    readings = read_host()

    names = {name for name, _, _ in readings}
    assert names >= {
        "node_cpu_seconds_total", "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes",
        "node_memory_Buffers_bytes", "node_memory_Cached_bytes", "node_memory_SwapTotal_bytes",
        "node_load1", "node_load5", "node_load15", "node_filesystem_avail_bytes",
        "node_filesystem_size_bytes", "node_filesystem_files_free", "node_boot_time_seconds",
        "node_network_receive_bytes_total", "node_uname_info", "node_filefd_allocated",
        "node_netstat_Tcp_CurrEstab", "node_procs_running", "node_processes_pids",
        "node_vmstat_pgmajfault",
    }  # fmt: skip
    assert len({(name, labels) for name, labels, _ in readings}) == len(readings)
    modes = {
        dict(labels)["mode"] for name, labels, _ in readings if name == "node_cpu_seconds_total"
    }
    assert modes >= {"user", "system", "idle", "iowait", "steal"}
    assert (type_of("node_cpu_seconds_total"), type_of("node_load1")) == ("counter", "gauge")
