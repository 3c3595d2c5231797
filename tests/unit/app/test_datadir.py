from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from watchkeeper.app.datadir import DataDir, DataDirLock, DataDirUnusable, is_locked


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.prepare()
    return made


def test_the_directory_is_its_owner_s_alone(data_dir: DataDir) -> None:
    assert stat.S_IMODE(data_dir.root.stat().st_mode) == 0o700


def test_one_process_owns_the_directory(data_dir: DataDir) -> None:
    lock = DataDirLock(data_dir)
    lock.acquire()

    with pytest.raises(DataDirUnusable, match="in use by another server"):
        DataDirLock(data_dir).acquire(wait_s=0)
    assert is_locked(data_dir)
    lock.release()
    assert not is_locked(data_dir)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DataDirUnusable, match="Cannot use the data directory"):
        DataDir(tmp_path / "file" / "data").prepare()


def test_other_commands_learn_the_address_of_the_running_server(data_dir: DataDir) -> None:
    assert data_dir.running_base_url() is None

    data_dir.note_running(base_url="http://wk.example", listen="127.0.0.1:9000")

    assert data_dir.running_base_url() == "http://wk.example"
    assert data_dir.running_listen() == "127.0.0.1:9000"


def test_the_salt_stays(data_dir: DataDir) -> None:
    first = data_dir.salt()

    assert len(first) == 32
    assert data_dir.salt() == first
    assert [path.name for path in data_dir.root.glob("salt*")] == ["salt"]


def test_half_a_salt_is_never_used(data_dir: DataDir) -> None:
    (data_dir.root / "salt").write_bytes(b"short")

    with pytest.raises(DataDirUnusable, match="must hold 32 bytes, it holds 5"):
        data_dir.salt()


def test_a_full_disk_is_told_as_one(data_dir: DataDir) -> None:
    with pytest.raises(DataDirUnusable, match="Free some space there"), data_dir.in_use():
        raise OSError(errno.ENOSPC, "No space left on device")
