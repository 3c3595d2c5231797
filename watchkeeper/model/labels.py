"""Label sets and the identity of a series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

Labels = tuple[tuple[str, str], ...]
"""Label pairs sorted by name, `__name__` among them; no pair has an empty value."""

METRIC_NAME = "__name__"
_SEPARATOR = b"\xff"


def labels_of(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> Labels:
    """Sorted labels without the empty ones (an absent label equals an empty one)."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return tuple(sorted((name, value) for name, value in items if value))


def series_id(project_id: int, labels: Labels) -> int:
    """64-bit id of a series: equal in every process that sees the same project and labels."""
    parts = [str(project_id).encode()]
    for name, value in labels:
        parts.append(name.encode())
        parts.append(value.encode())
    return int.from_bytes(blake2b(_SEPARATOR.join(parts), digest_size=8).digest(), "little")
