"""Everything that is read of a host, part by part. What a system does not offer is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from watchkeeper.lib.host import kernel, network, processor, storage
from watchkeeper.lib.host.readings import Reading

__all__ = ["Reading", "read_host", "type_of"]

PARTS: tuple[Callable[[], Iterator[Reading]], ...] = (
    processor.cpu,
    processor.memory,
    processor.load,
    processor.pressure,
    processor.temperatures,
    storage.filesystems,
    storage.disks,
    network.devices,
    network.protocols,
    network.sockets,
    kernel.system,
    kernel.activity,
    kernel.file_handles,
    kernel.virtual_memory,
)


def read_host() -> list[Reading]:
    """All readings, now. May block for as long as a file system does not answer."""
    found: list[Reading] = []
    for part in PARTS:
        with suppress(OSError, RuntimeError, ValueError, AttributeError):
            found.extend(part())
    return found


def type_of(name: str) -> str:
    """Prometheus's word for what a metric of this name is."""
    return "counter" if name.endswith("_total") else "gauge"
