"""Pulls samples: targets of prometheus.yml files, and this host's own metrics."""

from watchkeeper.ingest.scrape.config import Surroundings, parse_config
from watchkeeper.ingest.scrape.configs import ConfigFile, ProjectConfig, ScrapeConfigs
from watchkeeper.ingest.scrape.errors import LimitExceeded, ScrapeConfigInvalid
from watchkeeper.ingest.scrape.host_metrics import HostMetrics
from watchkeeper.ingest.scrape.metrics import ReloadMetrics
from watchkeeper.ingest.scrape.scrape import Health
from watchkeeper.ingest.scrape.scraper import ScrapeOptions, Scraper
from watchkeeper.ingest.scrape.status import TargetMetadata, TargetStatus
from watchkeeper.ingest.scrape.targets import BadTarget
from watchkeeper.ingest.scrape.types import ScrapeConfig, ScrapeJob

__all__ = [
    "BadTarget",
    "ConfigFile",
    "Health",
    "HostMetrics",
    "LimitExceeded",
    "ProjectConfig",
    "ReloadMetrics",
    "ScrapeConfig",
    "ScrapeConfigInvalid",
    "ScrapeConfigs",
    "ScrapeJob",
    "ScrapeOptions",
    "Scraper",
    "Surroundings",
    "TargetMetadata",
    "TargetStatus",
    "parse_config",
]
