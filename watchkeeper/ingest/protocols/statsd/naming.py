"""Names and tags as Prometheus knows them, and which tags may become labels at all. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from watchkeeper.ingest.protocols.statsd.parse import Tags

_FOREIGN = re.compile(r"[^a-zA-Z0-9_]")
_HASH_BYTES = 8


def metric_name(sent: str) -> str:
    """The name with what Prometheus does not allow made underscores, as statsd_exporter does."""
    name = _FOREIGN.sub("_", sent)
    return f"_{name}" if name[:1].isdigit() else name


def label_name(sent: str) -> str:
    """The same for a tag's name; the names that begin with two underscores are not the senders'."""
    name = metric_name(sent)
    return f"_{name.lstrip('_')}" if name.startswith("__") else name


@dataclass(frozen=True, slots=True, kw_only=True)
class TagPolicy:
    """What becomes of tags, by the label name they lead to.

    keep: if not empty, only these stay. hash: stay as 16 hex digits of a salted hash, so that
    series still tell people apart without naming them. drop: never stored.
    """

    keep: frozenset[str] = frozenset()
    hash: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    salt: bytes = b""

    def labels(self, tags: Tags) -> dict[str, str]:
        """Labels of these tags; of a tag sent twice the last counts; empty values are none."""
        labels: dict[str, str] = {}
        for sent, value in tags:
            name = label_name(sent)
            if name in self.drop or (self.keep and name not in self.keep):
                continue
            labels[name] = self.hashed(value) if name in self.hash and value else value
        return {name: value for name, value in labels.items() if value}

    def hashed(self, value: str) -> str:
        """16 hex digits; the same for the same value and salt."""
        digest = blake2b(value.encode(), key=self.salt[:64], digest_size=_HASH_BYTES)
        return digest.hexdigest()


def policy_names(names: Iterable[str]) -> frozenset[str]:
    """Tag names as people write them in the settings, as label names."""
    return frozenset(label_name(name.strip()) for name in names if name.strip())
