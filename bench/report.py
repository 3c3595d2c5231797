"""Keeps a bench's figures with the commit and the machine, and prints its bars."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import psutil

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One promise: `figure` must be at most (or at least) `limit`."""

    name: str
    figure: float
    unit: str
    limit: float
    better: Literal["lower", "higher"]

    @property
    def verdict(self) -> str:
        is_met = self.figure <= self.limit if self.better == "lower" else self.figure >= self.limit
        return "ok" if is_met else "short"

    def line(self) -> str:
        return f"BAR {self.name} {self.figure:.4g} {self.unit} {self.limit:g} {self.verdict}"


def publish(name: str, figures: Mapping[str, object], bars: Sequence[Bar]) -> None:
    """Write results/NAME.json and print one BAR line for each bar."""
    content = {
        "name": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": _machine(),
        "figures": figures,
        "bars": [asdict(bar) | {"verdict": bar.verdict} for bar in bars],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    for bar in bars:
        print(bar.line(), flush=True)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _machine() -> dict[str, object]:
    return {
        "cpus": os.cpu_count(),
        "cpu": _cpu_name(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
