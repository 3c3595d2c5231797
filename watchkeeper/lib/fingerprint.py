"""The 64-bit identity of a label set that Prometheus and Alertmanager show."""

from __future__ import annotations

from collections.abc import Iterable

_OFFSET = 14695981039346656037
_PRIME = 1099511628211
_MASK = 2**64 - 1


def fingerprint(labels: Iterable[tuple[str, str]]) -> str:
    """16 hex digits: FNV-1a over names and values in order of names, each followed by 0xff."""
    found = _OFFSET
    for name, value in sorted(labels):
        for byte in b"%s\xff%s\xff" % (name.encode(), value.encode()):
            found = ((found ^ byte) * _PRIME) & _MASK
    return f"{found:016x}"
