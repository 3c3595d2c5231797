"""The system itself: what it is, since when, and what it does."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator

import psutil

from watchkeeper.lib.host.readings import PROC, Reading, pairs, proc_text

_ACTIVITY = {
    "ctxt": "node_context_switches_total",
    "intr": "node_intr_total",
    "processes": "node_forks_total",
    "procs_running": "node_procs_running",
    "procs_blocked": "node_procs_blocked",
}
_VIRTUAL_MEMORY = frozenset(
    {"oom_kill", "pgfault", "pgmajfault", "pgpgin", "pgpgout", "pswpin", "pswpout"}
)


def system() -> Iterator[Reading]:
    """Name, clock and start."""
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


def activity() -> Iterator[Reading]:
    """Switches, interrupts, forks; processes and threads now."""
    yield from activity_of(proc_text("stat"))
    processes = sum(1 for entry in PROC.iterdir() if entry.name.isdigit())
    yield "node_processes_pids", (), float(processes)
    tasks = proc_text("loadavg").split()[3]
    yield "node_processes_threads", (), float(tasks.partition("/")[2])


def activity_of(stat: str) -> Iterator[Reading]:
    """Readings of the text of /proc/stat, the processors' times left out."""
    for name, values in pairs(stat):
        if name in _ACTIVITY:
            yield _ACTIVITY[name], (), float(values[0])


def file_handles() -> Iterator[Reading]:
    """Open files of the whole system."""
    allocated, _, maximum = proc_text("sys/fs/file-nr").split()
    yield "node_filefd_allocated", (), float(allocated)
    yield "node_filefd_maximum", (), float(maximum)


def virtual_memory() -> Iterator[Reading]:
    """Paging, and processes killed for want of memory."""
    for name, values in pairs(proc_text("vmstat")):
        if name in _VIRTUAL_MEMORY:
            yield f"node_vmstat_{name}", (), float(values[0])
