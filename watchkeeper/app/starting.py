"""What both processes do before they import their rooms, which is most of their start."""

from __future__ import annotations

from watchkeeper.lib.collector import hold_off
from watchkeeper.lib.imports import hidden


def make_imports_light() -> None:
    """Leave out of the imports that follow what costs time and memory and serves nobody here.

    structlog loads rich, where it is installed, to colour what a terminal shows.
    """
    hold_off()
    with hidden("rich"):
        import structlog  # noqa: F401
