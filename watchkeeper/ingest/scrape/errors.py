"""What the scrape room raises."""

from __future__ import annotations

from watchkeeper.lib.errors import Invalid


class ScrapeConfigInvalid(Invalid):
    """A prometheus.yml cannot be used; the sentence names line and field.

    line: 1-based, 0 if unknown.
    """

    code = "scrape_config_invalid"

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class LimitExceeded(ValueError):
    """A target's answer exceeds a limit of its scrape job.

    scraped, kept: samples of the answer before and after relabelling, 0 if they were not counted.
    """

    def __init__(self, message: str, *, scraped: int = 0, kept: int = 0) -> None:
        super().__init__(message)
        self.scraped, self.kept = scraped, kept
