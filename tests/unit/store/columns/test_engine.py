from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from watchkeeper.store.columns import DataDirInUse
from watchkeeper.store.columns.engine import DirectoryLock, _clean_mappings, held_as_file

SMAPS = """\
1000-3000 r-xp 00000000 00:31 5 /site/chdb/_chdb.abi3.so
Rss:                   8 kB
Private_Dirty:         0 kB
Anonymous:             0 kB
3000-4000 r-xp 00000000 00:31 5 /site/chdb/_chdb.abi3.so
Private_Dirty:         4 kB
4000-5000 r--p 00000000 00:31 5 /site/chdb/_chdb.abi3.so
Private_Dirty:         0 kB
5000-6000 r-xp 00000000 00:31 6 /site/numpy/_core.so
Private_Dirty:         0 kB
6000-7000 r-xp 00000000 00:00 0
Private_Dirty:         0 kB
"""


def test_only_clean_mappings_of_the_library_is_given_back() -> None:
    assert list(_clean_mappings(SMAPS, "_chdb")) == [(0x1000, 0x3000), (0x4000, 0x5000)]


def test_a_held_file_has_the_bytes_and_goes_with_its_block() -> None:
    content = bytes(range(256)) * 1000
    with held_as_file(content) as path:
        assert Path(path).read_bytes() == content
    assert not Path(path).exists()


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    with pytest.raises(DataDirInUse, match=str(tmp_path)):
        DirectoryLock(tmp_path)
    lock.release()
    DirectoryLock(tmp_path).release()


def test_the_front_door_loads_no_engine() -> None:
    script = (
        "import sys, watchkeeper.store.columns as c\n"
        "print([m for m in ('chdb', 'clickhouse_connect', 'pyarrow') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
