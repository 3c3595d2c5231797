"""What a metric of a resource and scope is called here, and its labels. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from watchkeeper.ingest.protocols.otlp.attributes import Key, read_attributes
from watchkeeper.ingest.protocols.otlp.metrics.naming import Naming
from watchkeeper.ingest.protocols.otlp.options import OtlpOptions
from watchkeeper.model import METRIC_NAME, Labels, labels_of

Pairs = tuple[tuple[str, str], ...]

IDENTIFYING = ("service.name", "service.namespace", "service.instance.id")
TARGET_INFO = "target_info"


class Labelling(NamedTuple):
    """How attributes become labels. scrub: attributes without secrets, as those of spans are."""

    naming: Naming
    scrub: Callable[[dict[str, str]], dict[str, str]]

    def read(self, key: Key) -> list[tuple[str, str]]:
        """Names and texts of attributes, scrubbed. Raises MalformedOtlp."""
        return [
            pair
            for name, value in read_attributes(key)
            for pair in self.scrub({name: value}).items()
        ]

    def labels(self, key: Key) -> dict[str, str]:
        """Attributes as labels; those that come to one name are joined by semicolons, in order."""
        return self.joined(self.read(key))

    def joined(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The same of names and texts."""
        found: dict[str, str] = {}
        for name, value in sorted(pairs):
            label = self.naming.label(name)
            if label:
                found[label] = f"{found[label]};{value}" if label in found else value
        return found


class Part(NamedTuple):
    """One series of a histogram or summary: what its name ends in, and a label of its own."""

    key: Key
    suffix: str
    name: str = ""
    value: str = ""


class Layout(NamedTuple):
    """The series of one histogram or summary: their places, and what they are made of."""

    slots: tuple[int, ...]
    origins: tuple[Part, ...]


@dataclass(slots=True)
class Family:
    """A metric of one resource and scope. name: empty if it has none that is valid.

    common: labels that a point's own do not replace. promoted: labels that they do.
    places, layouts: by a point's attributes, as they were looked up.
    """

    name: str
    common: Pairs
    promoted: Pairs
    labelling: Labelling
    places: dict[Key, int] = field(default_factory=dict)
    layouts: dict[tuple[Key, tuple[float, ...], bool], Layout] = field(default_factory=dict)
    series: dict[Key, Labels] = field(default_factory=dict)

    def labels(self, origin: Key | Part) -> Labels:
        """The labels of a series. Raises MalformedOtlp."""
        if isinstance(origin, Part):
            pairs = self.labelling.labels(origin.key)
            extra = {origin.name: origin.value} if origin.name else {}
            name = self.name + origin.suffix
        else:
            pairs, extra, name = self.labelling.labels(origin), {}, self.name
        named = {**dict(self.promoted), **pairs, **dict(self.common), **extra}
        return labels_of({**named, METRIC_NAME: name})


@dataclass(frozen=True, slots=True)
class ResourceLabels:
    """What a resource gives to its series. target: labels of target_info; empty: it has none."""

    identity: Pairs
    promoted: Pairs
    target: Labels


def resource_labels(key: Key, options: OtlpOptions, labelling: Labelling) -> ResourceLabels:
    """Identity (job, instance), promoted labels and target_info of a resource.

    Raises MalformedOtlp.
    """
    pairs = dict(labelling.read(key))
    identity = _identity(pairs)
    is_promoted = _promotion(options)
    promoted = labelling.joined((n, v) for n, v in pairs.items() if is_promoted(n))
    keeps = options.keep_identifying_resource_attributes
    told = {n: v for n, v in pairs.items() if keeps or n not in IDENTIFYING}
    target: Labels = ()
    if identity and any(name not in IDENTIFYING for name in pairs):
        named = {**labelling.joined(told.items()), **identity, METRIC_NAME: TARGET_INFO}
        target = labels_of(named)
    return ResourceLabels(tuple(identity.items()), tuple(promoted.items()), target)


def _identity(pairs: dict[str, str]) -> dict[str, str]:
    found = {}
    if service := pairs.get("service.name"):
        namespace = pairs.get("service.namespace")
        found["job"] = f"{namespace}/{service}" if namespace else service
    if instance := pairs.get("service.instance.id"):
        found["instance"] = instance
    return found


def _promotion(options: OtlpOptions) -> Callable[[str], bool]:
    if options.promote_all_resource_attributes:
        return lambda name: name not in options.ignore_resource_attributes
    return lambda name: name in options.promote_resource_attributes


def scope_labels(name: str, version: str, schema_url: str, key: Key, labelling: Labelling) -> Pairs:
    """otel_scope_name and the rest of a scope. Raises MalformedOtlp."""
    found = {f"otel_scope_{label}": value for label, value in labelling.labels(key).items()}
    found |= {
        "otel_scope_name": name,
        "otel_scope_version": version,
        "otel_scope_schema_url": schema_url,
    }
    return tuple((label, value) for label, value in found.items() if value)
