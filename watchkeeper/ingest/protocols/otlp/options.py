"""What operators may choose about OTLP."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.ingest.body import BodyLimits

STRATEGIES = (
    "UnderscoreEscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpOptions:
    """How OpenTelemetry metrics become series; names as in Prometheus. Section [otlp]."""

    translation_strategy: str = STRATEGIES[0]
    """UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes,
    NoUTF8EscapingWithSuffixes or NoTranslation."""
    promote_resource_attributes: tuple[str, ...] = ()
    """Resource attributes that every series carries as labels; the others are in target_info."""
    promote_all_resource_attributes: bool = False
    """Every resource attribute becomes a label of every series."""
    ignore_resource_attributes: tuple[str, ...] = ()
    """Resource attributes that are not promoted when all are."""
    keep_identifying_resource_attributes: bool = False
    """target_info has service.name, service.namespace and service.instance.id too."""
    promote_scope_metadata: bool = True
    """Series carry otel_scope_name, otel_scope_version and the scope's attributes."""
    histogram_min_max: bool = False
    """Histograms have series `_min` and `_max` as well, where the sender tells them."""
    max_body_bytes: int = 20 * 2**20
    """Longest body, as sent and unpacked."""

    def __post_init__(self) -> None:
        if self.translation_strategy not in STRATEGIES:
            raise ValueError(
                f"translation_strategy must be one of {', '.join(STRATEGIES)}, "
                f"got {self.translation_strategy!r}"
            )
        if self.promote_all_resource_attributes and self.promote_resource_attributes:
            raise ValueError("promote_resource_attributes cannot be set if all are promoted")
        if not 1024 <= self.max_body_bytes <= 2**28:
            raise ValueError(f"max_body_bytes must be 1024..{2**28}, got {self.max_body_bytes}")

    @property
    def limits(self) -> BodyLimits:
        """Bounds of a body: the same before and after it is unpacked."""
        return BodyLimits(max_bytes=self.max_body_bytes, max_unpacked_bytes=self.max_body_bytes)
