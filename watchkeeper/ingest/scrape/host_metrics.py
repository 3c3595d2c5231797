"""This host's own metrics, under node_exporter's names, so that its dashboards and rules work."""

from __future__ import annotations

import asyncio
import os
import platform
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import psutil

from watchkeeper.ingest import Acceptor, SampleBatch
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.schedule import next_slot_ms
from watchkeeper.model import METRIC_NAME, Labels, labels_of

Reading = tuple[str, tuple[tuple[str, str], ...], float]
"""Metric name, its own labels, value."""

_MEMORY = {
    "MemTotal": "total",
    "MemAvailable": "available",
    "MemFree": "free",
    "Buffers": "buffers",
    "Cached": "cached",
    "Active": "active",
    "Inactive": "inactive",
    "Shmem": "shared",
    "Slab": "slab",
}
_CPU_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_NOT_DISKS = {"tmpfs", "devtmpfs", "squashfs", "overlay", "proc", "sysfs", "autofs", "ramfs"}


class HostMetrics:
    """Reads the host every `interval_ms` and stores it in one project as job="node"."""

    def __init__(
        self,
        acceptor: Acceptor,
        clock: Clock,
        *,
        project_id: int,
        interval_ms: int = 15 * SECOND_MS,
    ) -> None:
        self._acceptor = acceptor
        self._clock = clock
        self._project_id = project_id
        self._interval_ms = interval_ms
        self._target = (("instance", socket.gethostname()), ("job", "node"))
        self._series: dict[tuple[str, tuple[tuple[str, str], ...]], Labels] = {}

    async def run(self) -> None:
        """Read and store until cancelled. What cannot be stored is left out."""
        while True:
            slot_ms = next_slot_ms(self._clock() + 1, self._interval_ms, 0)
            await asyncio.sleep(max(slot_ms - self._clock(), 0) / 1000)
            with suppress(WatchkeeperError):
                await self.collect(slot_ms)

    async def collect(self, ts_ms: int) -> int:
        """Read the host once and store it at `ts_ms`; returns the number of samples."""
        began = time.perf_counter()
        readings = list(read_host())
        readings.append(("up", (), 1.0))
        readings.append(("scrape_duration_seconds", (), time.perf_counter() - began))
        readings.append(("scrape_samples_scraped", (), float(len(readings) - 2)))
        batch = SampleBatch(
            series=[self._labels(name, own) for name, own, _ in readings],
            ts_ms=np.full(len(readings), ts_ms, dtype=np.int64),
            values=np.array([value for _, _, value in readings], dtype=np.float64),
        )
        await self._acceptor.accept_samples(self._project_id, batch)
        return len(readings)

    def _labels(self, name: str, own: tuple[tuple[str, str], ...]) -> Labels:
        labels = self._series.get((name, own))
        if labels is None:
            labels = labels_of(((METRIC_NAME, name), *own, *self._target))
            self._series[name, own] = labels
        return labels


def read_host() -> Iterator[Reading]:
    """Everything that is read of the host, once. A part the system does not offer is left out."""
    for part in (_cpu, _memory, _filesystems, _disks, _network, _load, _system):
        with suppress(OSError, RuntimeError):
            yield from part()


def _cpu() -> Iterator[Reading]:
    for number, times in enumerate(psutil.cpu_times(percpu=True)):
        for mode in _CPU_MODES:
            if hasattr(times, mode):
                labels = (("cpu", str(number)), ("mode", mode))
                yield "node_cpu_seconds_total", labels, float(getattr(times, mode))


def _memory() -> Iterator[Reading]:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    for name, field in _MEMORY.items():
        if hasattr(memory, field):
            yield f"node_memory_{name}_bytes", (), float(getattr(memory, field))
    yield "node_memory_SwapTotal_bytes", (), float(swap.total)
    yield "node_memory_SwapFree_bytes", (), float(swap.free)


def _filesystems() -> Iterator[Reading]:
    seen: set[str] = set()
    for mount in psutil.disk_partitions(all=True):
        if mount.fstype in _NOT_DISKS and mount.mountpoint != "/":
            continue
        if mount.mountpoint in seen or not os.path.isdir(mount.mountpoint):
            continue
        seen.add(mount.mountpoint)
        with suppress(OSError):
            stats = os.statvfs(mount.mountpoint)
            if not stats.f_blocks:
                continue
            labels = (
                ("device", mount.device),
                ("fstype", mount.fstype),
                ("mountpoint", mount.mountpoint),
            )
            yield "node_filesystem_size_bytes", labels, float(stats.f_blocks * stats.f_frsize)
            yield "node_filesystem_free_bytes", labels, float(stats.f_bfree * stats.f_frsize)
            yield "node_filesystem_avail_bytes", labels, float(stats.f_bavail * stats.f_frsize)
            yield "node_filesystem_files", labels, float(stats.f_files)
            yield "node_filesystem_files_free", labels, float(stats.f_ffree)
            yield "node_filesystem_readonly", labels, float("ro" in mount.opts.split(","))


def _disks() -> Iterator[Reading]:
    for device, io in (psutil.disk_io_counters(perdisk=True) or {}).items():
        labels = (("device", device),)
        yield "node_disk_reads_completed_total", labels, float(io.read_count)
        yield "node_disk_writes_completed_total", labels, float(io.write_count)
        yield "node_disk_read_bytes_total", labels, float(io.read_bytes)
        yield "node_disk_written_bytes_total", labels, float(io.write_bytes)
        yield "node_disk_read_time_seconds_total", labels, io.read_time / 1000
        yield "node_disk_write_time_seconds_total", labels, io.write_time / 1000
        yield "node_disk_io_time_seconds_total", labels, getattr(io, "busy_time", 0) / 1000


def _network() -> Iterator[Reading]:
    stats = psutil.net_if_stats()
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
        if device in stats:
            yield "node_network_up", labels, float(stats[device].isup)


def _load() -> Iterator[Reading]:
    for minutes, load in zip((1, 5, 15), os.getloadavg(), strict=True):
        yield f"node_load{minutes}", (), load


def _system() -> Iterator[Reading]:
    yield "node_boot_time_seconds", (), float(psutil.boot_time())
    yield "node_time_seconds", (), time.time()
    name = platform.uname()
    labels = (
        ("machine", name.machine),
        ("nodename", name.node),
        ("release", name.release),
        ("sysname", name.system),
        ("version", name.version),
    )
    yield "node_uname_info", labels, 1.0
