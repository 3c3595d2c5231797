from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house import House, open_house
from watchkeeper.store.meta import Meta


@pytest.fixture
def house(meta: Meta, tmp_path: Path) -> Iterator[House]:
    """On both databases."""
    with open_house(tmp_path, meta) as opened:
        yield opened
