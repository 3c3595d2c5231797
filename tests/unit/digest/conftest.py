from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house import House, open_house
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta


@pytest.fixture
def house(tmp_path: Path, sqlite_meta: Meta, empty_columns: Columns) -> Iterator[House]:
    with open_house(tmp_path, sqlite_meta, empty_columns) as opened:
        yield opened
