"""How the sessions of releases ended: crash-free rates, adoption, over time."""

from watchkeeper.artifacts.sessions.health import SessionHealth
from watchkeeper.artifacts.sessions.types import Health, HealthLine, HealthPage, HealthPoint

__all__ = ["Health", "HealthLine", "HealthPage", "HealthPoint", "SessionHealth"]
