"""File systems and disks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

import psutil

from watchkeeper.lib.host.readings import Reading, proc_text

_NOT_FILESYSTEMS = re.compile(
    r"autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660"
    r"|mqueue|nsfs|overlay|proc|procfs|pstore|ramfs|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs"
    r"|sysfs|tracefs|fuse\.lxcfs"
)
_NOT_MOUNTS = re.compile(
    r"/(dev|proc|sys|run/credentials/.+|var/lib/docker/.+|var/lib/containers/storage/.+)(/.*)?"
)
_NOT_DISKS = re.compile(r"(z?ram|loop|fd|(h|s|v|xv)d[a-z]+|nvme\d+n\d+p|mmcblk\d+p)\d+")
_SECTOR_BYTES = 512
_DISK_FIELDS = (
    ("reads_completed_total", 1.0),
    ("reads_merged_total", 1.0),
    ("read_bytes_total", _SECTOR_BYTES),
    ("read_time_seconds_total", 0.001),
    ("writes_completed_total", 1.0),
    ("writes_merged_total", 1.0),
    ("written_bytes_total", _SECTOR_BYTES),
    ("write_time_seconds_total", 0.001),
    ("io_now", 1.0),
    ("io_time_seconds_total", 0.001),
    ("io_time_weighted_seconds_total", 0.001),
    ("discards_completed_total", 1.0),
    ("discards_merged_total", 1.0),
    ("discarded_sectors_total", 1.0),
    ("discard_time_seconds_total", 0.001),
    ("flush_requests_total", 1.0),
    ("flush_requests_time_seconds_total", 0.001),
)
"""Names and units of what follows the device in /proc/diskstats, in its order."""


def filesystems() -> Iterator[Reading]:
    """Space and files of each mounted file system that keeps things; `/` whatever it is."""
    seen: set[str] = set()
    for mount in psutil.disk_partitions(all=True):
        point = mount.mountpoint
        if point in seen or not is_kept(mount.fstype, point) or not os.path.isdir(point):
            continue
        seen.add(point)
        with suppress(OSError):
            labels = (("device", mount.device), ("fstype", mount.fstype), ("mountpoint", point))
            stats = os.statvfs(point)
            if not stats.f_blocks:
                continue
            yield "node_filesystem_size_bytes", labels, float(stats.f_blocks * stats.f_frsize)
            yield "node_filesystem_free_bytes", labels, float(stats.f_bfree * stats.f_frsize)
            yield "node_filesystem_avail_bytes", labels, float(stats.f_bavail * stats.f_frsize)
            yield "node_filesystem_files", labels, float(stats.f_files)
            yield "node_filesystem_files_free", labels, float(stats.f_ffree)
            yield "node_filesystem_readonly", labels, float("ro" in mount.opts.split(","))


def is_kept(fstype: str, mountpoint: str) -> bool:
    """False for what holds nothing of its own."""
    if mountpoint == "/":
        return True
    return not (_NOT_FILESYSTEMS.fullmatch(fstype) or _NOT_MOUNTS.fullmatch(mountpoint))


def disks() -> Iterator[Reading]:
    """Work of each whole disk; elsewhere than on Linux what psutil tells."""
    try:
        text = proc_text("diskstats")
    except OSError:
        yield from _disks_elsewhere()
        return
    yield from disks_of(text)


def disks_of(diskstats: str) -> Iterator[Reading]:
    """Readings of the text of /proc/diskstats. Partitions and what is in memory are left out."""
    for line in diskstats.splitlines():
        _, _, device, *values = line.split()
        if _NOT_DISKS.fullmatch(device):
            continue
        labels = (("device", device),)
        for (name, unit), value in zip(_DISK_FIELDS, values, strict=False):
            yield f"node_disk_{name}", labels, float(value) * unit


def _disks_elsewhere() -> Iterator[Reading]:
    for device, io in (psutil.disk_io_counters(perdisk=True) or {}).items():
        labels = (("device", device),)
        yield "node_disk_reads_completed_total", labels, float(io.read_count)
        yield "node_disk_writes_completed_total", labels, float(io.write_count)
        yield "node_disk_read_bytes_total", labels, float(io.read_bytes)
        yield "node_disk_written_bytes_total", labels, float(io.write_bytes)
        yield "node_disk_read_time_seconds_total", labels, io.read_time / 1000
        yield "node_disk_write_time_seconds_total", labels, io.write_time / 1000
