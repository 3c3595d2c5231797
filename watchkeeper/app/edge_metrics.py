"""One /metrics of two processes: families of the same name are joined under one heading."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest


class MetricsMerger:
    """Adds the metrics of this process to those that the engine printed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def merge(self, engine_text: bytes) -> bytes:
        """Both as one exposition; each sample says its process."""
        own = generate_latest(self._registry)
        return merge_expositions({"edge": own, "engine": engine_text})


def merge_expositions(text_by_process: dict[str, bytes]) -> bytes:
    """Join expositions family by family, with a `process` label on every sample."""
    heads: dict[bytes, list[bytes]] = {}
    samples: dict[bytes, list[bytes]] = {}
    for process, text in text_by_process.items():
        for family, line in _lines_with_family(text.splitlines()):
            if line.startswith(b"#"):
                known = heads.setdefault(family, [])
                if len(known) < 2 and line not in known:
                    known.append(line)
            else:
                samples.setdefault(family, []).append(_labelled(line, process))
    parts = [line for family, known in heads.items() for line in (*known, *samples.get(family, ()))]
    return b"\n".join(parts) + b"\n"


def _lines_with_family(lines: Iterable[bytes]) -> Iterable[tuple[bytes, bytes]]:
    family = b""
    for line in lines:
        if line.startswith((b"# HELP ", b"# TYPE ")):
            family = line.split(b" ", 3)[2]
        if line:
            yield family, line


def _labelled(line: bytes, process: str) -> bytes:
    """The sample line with `process` as its first label."""
    label = b'process="' + process.encode() + b'"'
    name, brace, rest = line.partition(b"{")
    if brace and b" " not in name:
        separator = b"" if rest.startswith(b"}") else b","
        return name + b"{" + label + separator + rest
    name, _, value = line.partition(b" ")
    return name + b"{" + label + b"} " + value
