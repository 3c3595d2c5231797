"""What remote write is told."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.lib.clock import DAY_MS, SECOND_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteWriteOptions:
    """What a Prometheus that pushes may do. Section [remote_write]."""

    out_of_order_s: float = 0.0
    """Seconds that a sample may be older than the newest of its series and still be kept; 0: none,
    as Prometheus has it."""
    reserved_names: tuple[str, ...] = ()
    """organisation/project of each project whose Prometheus may write up, scrape_*, ALERTS* and
    watchkeeper_* series; elsewhere they are refused."""

    def __post_init__(self) -> None:
        if not 0 <= self.out_of_order_s * SECOND_MS <= DAY_MS:
            raise ValueError(f"out_of_order_s must be 0..86400, got {self.out_of_order_s}")
        for name in self.reserved_names:
            if name.count("/") != 1:
                raise ValueError(f"reserved_names must be organisation/project, got {name!r}")
