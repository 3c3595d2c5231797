"""Pulls samples: targets of prometheus.yml files, and this host's own metrics."""

from watchkeeper.ingest.scrape.config import parse_config
from watchkeeper.ingest.scrape.configs import ConfigFile, ProjectConfig, ScrapeConfigs
from watchkeeper.ingest.scrape.errors import BadExposition, LimitExceeded, ScrapeConfigInvalid
from watchkeeper.ingest.scrape.host_metrics import HostMetrics
from watchkeeper.ingest.scrape.scrape import Health, TargetStatus
from watchkeeper.ingest.scrape.scraper import ScrapeOptions, Scraper
from watchkeeper.ingest.scrape.types import ScrapeConfig, ScrapeJob

__all__ = [
    "BadExposition",
    "ConfigFile",
    "Health",
    "HostMetrics",
    "LimitExceeded",
    "ProjectConfig",
    "ScrapeConfig",
    "ScrapeConfigInvalid",
    "ScrapeConfigs",
    "ScrapeJob",
    "ScrapeOptions",
    "Scraper",
    "TargetStatus",
    "parse_config",
]
