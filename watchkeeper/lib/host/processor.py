"""Processors and memory: time by mode, load, pressure, temperatures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import psutil

from watchkeeper.lib.host.readings import Reading, pairs, proc_text

_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_GUEST = {"guest": "user", "guest_nice": "nice"}
_WITHOUT_MEMINFO = {
    "MemTotal": "total",
    "MemAvailable": "available",
    "MemFree": "free",
    "Active": "active",
    "Inactive": "inactive",
}
_PRESSURE = {"some": "waiting", "full": "stalled"}
_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_]+")


def cpu() -> Iterator[Reading]:
    """Seconds of each processor by mode."""
    for number, times in enumerate(psutil.cpu_times(percpu=True)):
        core = ("cpu", str(number))
        for mode in _MODES:
            if hasattr(times, mode):
                labels = (core, ("mode", mode))
                yield "node_cpu_seconds_total", labels, float(getattr(times, mode))
        for field, mode in _GUEST.items():
            if hasattr(times, field):
                labels = (core, ("mode", mode))
                yield "node_cpu_guest_seconds_total", labels, float(getattr(times, field))


def memory() -> Iterator[Reading]:
    """All of /proc/meminfo; elsewhere what psutil tells."""
    try:
        text = proc_text("meminfo")
    except OSError:
        yield from _memory_elsewhere()
        return
    yield from memory_of(text)


def memory_of(meminfo: str) -> Iterator[Reading]:
    """Readings of the text of /proc/meminfo."""
    for name, values in pairs(meminfo):
        plain = _NOT_A_NAME.sub("_", name).strip("_")
        if values[1:] == ["kB"]:
            yield f"node_memory_{plain}_bytes", (), float(values[0]) * 1024
        else:
            yield f"node_memory_{plain}", (), float(values[0])


def _memory_elsewhere() -> Iterator[Reading]:
    found, swap = psutil.virtual_memory(), psutil.swap_memory()
    for name, field in _WITHOUT_MEMINFO.items():
        if hasattr(found, field):
            yield f"node_memory_{name}_bytes", (), float(getattr(found, field))
    yield "node_memory_SwapTotal_bytes", (), float(swap.total)
    yield "node_memory_SwapFree_bytes", (), float(swap.free)


def load() -> Iterator[Reading]:
    """Average number of runnable tasks."""
    for minutes, value in zip((1, 5, 15), os.getloadavg(), strict=True):
        yield f"node_load{minutes}", (), value


def pressure() -> Iterator[Reading]:
    """Seconds in which some, or all, tasks waited for a resource (Linux 4.20 and later)."""
    for resource in ("cpu", "io", "memory"):
        yield from pressure_of(resource, proc_text(f"pressure/{resource}"))


def pressure_of(resource: str, text: str) -> Iterator[Reading]:
    """Readings of one file below /proc/pressure."""
    for share, fields in pairs(text):
        total = next((each for each in fields if each.startswith("total=")), "")
        if total and share in _PRESSURE and (resource, share) != ("cpu", "full"):
            name = f"node_pressure_{resource}_{_PRESSURE[share]}_seconds_total"
            yield name, (), float(total.removeprefix("total=")) / 1e6


def temperatures() -> Iterator[Reading]:
    """Degrees Celsius of each sensor."""
    for chip, sensors in psutil.sensors_temperatures().items():
        for number, sensor in enumerate(sensors, 1):
            labels = (("chip", chip), ("sensor", f"temp{number}"))
            yield "node_hwmon_temp_celsius", labels, float(sensor.current)
