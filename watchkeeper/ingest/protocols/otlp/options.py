"""What the OTLP room is told; the settings of the same names are in app/options.py."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.ingest.body import BodyLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpOptions:
    """How metrics become series; names and meanings as in Prometheus.

    translation_strategy: one of Prometheus's four. histogram_min_max: series `_min` and `_max` too.
    """

    translation_strategy: str = "UnderscoreEscapingWithSuffixes"
    promote_resource_attributes: tuple[str, ...] = ()
    promote_all_resource_attributes: bool = False
    ignore_resource_attributes: tuple[str, ...] = ()
    keep_identifying_resource_attributes: bool = False
    promote_scope_metadata: bool = True
    histogram_min_max: bool = False
    max_body_bytes: int = 20 * 2**20

    @property
    def limits(self) -> BodyLimits:
        """Bounds of a body: the same before and after it is unpacked."""
        return BodyLimits(max_bytes=self.max_body_bytes, max_unpacked_bytes=self.max_body_bytes)
