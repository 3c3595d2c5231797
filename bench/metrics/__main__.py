"""Every bench of metrics, each in a process of its own; all bars at the end."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping

from bench.report import RESULTS, Bar

BENCHES: Mapping[str, str] = {
    "remote_write": "bench.metrics.write",
    "query": "bench.metrics.query",
    "query_load": "bench.metrics.query_load",
    "storage": "bench.metrics.storage",
    "statsd": "bench.metrics.statsd",
    "scrape": "bench.scrape",
}
"""Name of the result file: the module that writes it."""


def main() -> None:
    """Run those that are named, all by default."""
    arguments = argparse.ArgumentParser(prog="bench.metrics", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=300.0, help="of each written load")
    arguments.add_argument("names", nargs="*", help=f"of {', '.join(BENCHES)}")
    given = arguments.parse_args()
    names = given.names or list(BENCHES)
    for name in names:
        print(f"\n# {name}", flush=True)
        options = ["--seconds", str(given.seconds)] if name == "remote_write" else []
        subprocess.run([sys.executable, "-m", BENCHES[name], *options], check=True)
    print("\n# all")
    for name in names:
        for bar in json.loads((RESULTS / f"{name}.json").read_text())["bars"]:
            bar.pop("verdict")
            print(Bar(**bar).line())


if __name__ == "__main__":
    main()
