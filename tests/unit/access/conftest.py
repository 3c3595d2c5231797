from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.access.world import World
from watchkeeper.store.meta import Meta


@pytest.fixture
def world(meta: Meta, tmp_path: Path) -> World:
    return World(meta=meta, directory=tmp_path)
