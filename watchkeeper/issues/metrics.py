"""What the issues room counts about itself."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter


class IssueMetrics:
    """Metrics registered in the registry that is handed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.duplicates = Counter(
            "watchkeeper_errors_duplicate_total",
            "Error events that arrived again under the same id; the first one is kept.",
            registry=registry,
        )
        self.opened = Counter(
            "watchkeeper_issues_opened_total", "Issues seen for the first time.", registry=registry
        )
        self.regressed = Counter(
            "watchkeeper_issues_regressed_total",
            "Resolved issues that were seen again.",
            registry=registry,
        )
