"""What scraping tells about itself."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class ReloadMetrics:
    """Whether the scrape configs could be read when they were last looked at."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._successful = Gauge(
            "watchkeeper_config_last_reload_successful",
            "Whether the last reading of every scrape config went well.",
            registry=registry,
        )
        self._success_s = Gauge(
            "watchkeeper_config_last_reload_success_timestamp_seconds",
            "When every scrape config was last read without an error.",
            registry=registry,
        )

    def reloaded(self, *, is_good: bool, now_ms: int) -> None:
        """Configs were read. now_ms: Unix ms."""
        self._successful.set(float(is_good))
        if is_good:
            self._success_s.set(now_ms / 1000)
