"""What earlier requests of a project taught: names, labels and places by the bytes they came as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from watchkeeper.ingest.protocols.otlp.attributes import Key
from watchkeeper.ingest.protocols.otlp.metrics.families import Family, Pairs, ResourceLabels
from watchkeeper.ingest.protocols.otlp.metrics.naming import MetricKind
from watchkeeper.ingest.rows import MetadataRow

_ENTRY_BYTES = 400
"""About what an entry takes besides the bytes of its key."""

ScopeKey = tuple[str, str, str, Key]
"""Name, version, schema URL and attributes of a scope."""


class FamilyKey(NamedTuple):
    """A metric. resource, scope: the numbers that `Known` gave them."""

    resource: int
    scope: int
    name: str
    unit: str
    kind: MetricKind
    is_level: bool


@dataclass(slots=True)
class Known:
    """Only grows; whoever holds it throws it away when `held_bytes` is too much.

    resources, scopes: each with a number of its own.
    """

    resources: dict[Key, tuple[int, ResourceLabels]] = field(default_factory=dict)
    scopes: dict[ScopeKey, tuple[int, Pairs]] = field(default_factory=dict)
    families: dict[FamilyKey, Family] = field(default_factory=dict)
    targets: dict[int, Family] = field(default_factory=dict)
    metadata: dict[str, MetadataRow] = field(default_factory=dict)
    held_bytes: int = 0

    def add_resource(self, key: Key, labels: ResourceLabels) -> tuple[int, ResourceLabels]:
        """Number a resource."""
        self.hold(key, entries=4)
        found = self.resources[key] = (len(self.resources), labels)
        return found

    def add_scope(self, key: ScopeKey, labels: Pairs) -> tuple[int, Pairs]:
        """Number a scope, from 1 on."""
        self.hold(key[3])
        self.held_bytes += sum(map(len, key[:3]))
        found = self.scopes[key] = (len(self.scopes) + 1, labels)
        return found

    def hold(self, key: Key | str, *, entries: int = 1) -> None:
        """Count an entry under this key."""
        size = sum(map(len, key)) if isinstance(key, tuple) else len(key)
        self.held_bytes += size + entries * _ENTRY_BYTES
