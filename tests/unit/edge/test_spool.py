"""The spool keeps what it acknowledged, and answers only after the sync."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from tests.fakes.clock import HandClock
from watchkeeper.model import Cut, Kind, Record
from watchkeeper.store.spool import (
    LaneInUse,
    OsFiles,
    Position,
    SegmentReader,
    SegmentWriter,
    SpoolFull,
    SpoolOptions,
    SpoolUnavailable,
)

START = Position(0, 0)


def record(text: str, project_id: int = 1) -> Record:
    return Record(Kind.ERROR_EVENT, project_id, 1_795_224_000_000, text.encode())


def writer(directory: Path, lane: str = "edge", **options: int) -> SegmentWriter:
    return SegmentWriter(directory, lane, clock=HandClock(), options=SpoolOptions(**options))


def everything(directory: Path, lane: str = "edge", max_bytes: int = 2**20) -> list[Record]:
    reader, position = SegmentReader(directory), START
    found: list[Record] = []
    while (batch := reader.read(lane, position, max_bytes=max_bytes)) is not None:
        found.extend(batch.records)
        position = Position(batch.cut.segment, batch.cut.end)
    return found


class WatchedFiles(OsFiles):
    """The real file system, with a diary, and faults on demand."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.fail_write: OSError | None = None
        self.fail_sync: OSError | None = None
        self.write_at_most: int | None = None
        self.may_sync = threading.Event()
        self.may_sync.set()

    def write(self, descriptor: int, content: bytes) -> int:
        count = super().write(descriptor, content[: self.write_at_most])
        if self.fail_write is not None:
            raise self.fail_write
        self.diary.append("write")
        return count

    def fdatasync(self, descriptor: int) -> None:
        self.may_sync.wait(10)
        if self.fail_sync is not None:
            raise self.fail_sync
        super().fdatasync(descriptor)
        self.diary.append("synced")

    def sync_directory(self, path: Path) -> None:
        super().sync_directory(path)
        self.diary.append(f"directory {path.name}")


async def test_an_append_answers_only_after_the_sync_returned(tmp_path: Path) -> None:
    files = WatchedFiles()
    spool = SegmentWriter(tmp_path, "edge", clock=HandClock(), files=files)
    files.may_sync.clear()
    answer = asyncio.ensure_future(spool.append([record("a")]))
    answer.add_done_callback(lambda _: files.diary.append("answered"))
    while "write" not in files.diary:
        await asyncio.sleep(0)
    assert not answer.done()
    assert everything(tmp_path) == []
    files.may_sync.set()
    await answer
    await asyncio.sleep(0)
    assert files.diary[-3:] == ["write", "synced", "answered"]
    spool.close()


async def test_a_new_segment_is_named_on_disk_before_anything_is_acknowledged(
    tmp_path: Path,
) -> None:
    files = WatchedFiles()
    spool = SegmentWriter(tmp_path / "spool", "edge", clock=HandClock(), files=files)
    await spool.append([record("a")])
    spool.close()
    assert files.diary == ["directory spool", "directory edge", "write", "synced"]


async def test_many_appends_share_one_sync(tmp_path: Path) -> None:
    files = WatchedFiles()
    spool = SegmentWriter(tmp_path, "edge", clock=HandClock(), files=files)
    files.may_sync.clear()
    first = asyncio.ensure_future(spool.append([record("0")]))
    while "write" not in files.diary:
        await asyncio.sleep(0)
    others = [asyncio.ensure_future(spool.append([record(str(n))])) for n in range(1, 100)]
    await asyncio.sleep(0)
    files.may_sync.set()
    await asyncio.gather(first, *others)
    spool.close()
    assert files.diary.count("synced") == 2
    assert [r.payload for r in everything(tmp_path)] == [str(n).encode() for n in range(100)]


def test_an_append_from_a_thread_is_on_disk_when_it_returns(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    spool.append_blocking([record("a"), record("b", project_id=7)])
    assert everything(tmp_path) == [record("a"), record("b", project_id=7)]
    spool.close()


async def test_short_writes_are_continued(tmp_path: Path) -> None:
    files = WatchedFiles()
    files.write_at_most = 5
    spool = SegmentWriter(tmp_path, "edge", clock=HandClock(), files=files)
    await spool.append([record("a long enough payload")])
    spool.close()
    assert everything(tmp_path) == [record("a long enough payload")]


async def test_segments_roll_and_are_read_in_order(tmp_path: Path) -> None:
    spool = writer(tmp_path, segment_bytes=100)
    for n in range(20):
        await spool.append([record(f"{n:040d}")])
    assert len(list((tmp_path / "edge").glob("*.seg"))) == 10
    assert [int(r.payload) for r in everything(tmp_path)] == list(range(20))
    spool.close()


async def test_a_full_spool_refuses_and_takes_again_after_a_trim(tmp_path: Path) -> None:
    spool = writer(tmp_path, segment_bytes=100, max_bytes=300)
    for n in range(4):
        await spool.append([record(f"{n:040d}")])
    with pytest.raises(SpoolFull) as refusal:
        await spool.append([record(f"{4:040d}")])
    assert refusal.value.retry_after_s > 0
    kept = everything(tmp_path)
    assert [int(r.payload) for r in kept] == list(range(len(kept)))

    reader = SegmentReader(tmp_path)
    batch = reader.read("edge", START, max_bytes=2**20)
    assert batch is not None
    following = reader.read("edge", Position(batch.cut.segment, batch.cut.end), max_bytes=2**20)
    assert following is not None
    reader.trim("edge", Position(following.cut.segment, following.cut.end))
    await spool.append([record("again")])
    assert everything(tmp_path)[-1] == record("again")
    spool.close()


async def test_the_bound_counts_every_lane(tmp_path: Path) -> None:
    other = writer(tmp_path, "engine")
    await other.append([record("x" * 500)])
    spool = writer(tmp_path, segment_bytes=100, max_bytes=500)
    with pytest.raises(SpoolFull):
        await spool.append([record("a")])
    other.close()
    spool.close()


@pytest.mark.parametrize("fault", ["write", "sync"])
async def test_a_full_disk_refuses_and_leaves_nothing_behind(tmp_path: Path, fault: str) -> None:
    files = WatchedFiles()
    spool = SegmentWriter(tmp_path, "edge", clock=HandClock(), files=files)
    await spool.append([record("kept")])
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    files.fail_write, files.fail_sync = (full, None) if fault == "write" else (None, full)
    with pytest.raises(SpoolFull):
        await spool.append([record("refused")])
    files.fail_write = files.fail_sync = None
    await spool.append([record("later")])
    spool.close()
    again = writer(tmp_path)
    assert everything(tmp_path) == [record("kept"), record("later")]
    again.close()


async def test_another_disk_fault_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    files = WatchedFiles()
    spool = SegmentWriter(tmp_path, "edge", clock=HandClock(), files=files)
    files.fail_sync = OSError(errno.EIO, os.strerror(errno.EIO))
    with pytest.raises(SpoolUnavailable):
        await spool.append([record("refused")])
    spool.close()
    assert everything(tmp_path) == []


async def test_too_much_waiting_for_the_disk_is_refused_at_once(tmp_path: Path) -> None:
    files = WatchedFiles()
    spool = SegmentWriter(
        tmp_path, "edge", clock=HandClock(), options=SpoolOptions(queue_bytes=1000), files=files
    )
    files.may_sync.clear()
    first = asyncio.ensure_future(spool.append([record("first")]))
    while "write" not in files.diary:
        await asyncio.sleep(0)
    second = asyncio.ensure_future(spool.append([record("x" * 900)]))
    await asyncio.sleep(0)
    with pytest.raises(SpoolFull):
        await spool.append([record("y" * 900)])
    files.may_sync.set()
    await asyncio.gather(first, second)
    spool.close()


def test_a_lane_has_one_writer(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    with pytest.raises(LaneInUse):
        writer(tmp_path)
    writer(tmp_path, "engine").close()
    spool.close()


def test_a_restart_begins_a_new_segment_even_when_all_were_deleted(tmp_path: Path) -> None:
    first = writer(tmp_path)
    first.append_blocking([record("a")])
    first.close()
    (path,) = (tmp_path / "edge").glob("*.seg")
    path.unlink()
    clock = HandClock()
    clock.forward(1)
    second = SegmentWriter(tmp_path, "edge", clock=clock)
    second.append_blocking([record("b")])
    second.close()
    (newer,) = (tmp_path / "edge").glob("*.seg")
    assert int(newer.stem) > int(path.stem)


def test_a_cut_is_read_again_exactly(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    spool.append_blocking([record("a"), record("b")])
    reader = SegmentReader(tmp_path)
    batch = reader.read("edge", START, max_bytes=2**20)
    assert batch is not None
    spool.append_blocking([record("c")])
    assert reader.reread(batch.cut).records == [record("a"), record("b")]
    assert batch.cut == Cut("edge", batch.cut.segment, 0, 2 * 22)
    spool.close()


def test_a_record_larger_than_the_window_is_read_whole(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    spool.append_blocking([record("x" * 10_000), record("y")])
    assert everything(tmp_path, max_bytes=10) == [record("x" * 10_000), record("y")]
    spool.close()


def test_a_position_past_the_end_of_an_old_segment_moves_on(tmp_path: Path) -> None:
    first = writer(tmp_path)
    first.append_blocking([record("a")])
    first.close()
    (path,) = (tmp_path / "edge").glob("*.seg")
    second = writer(tmp_path)
    second.append_blocking([record("b")])
    batch = SegmentReader(tmp_path).read("edge", Position(int(path.stem), 10**6), max_bytes=2**20)
    assert batch is not None
    assert batch.records == [record("b")]
    second.close()


def test_depth_counts_what_waits(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    reader = SegmentReader(tmp_path)
    assert reader.depth_bytes("edge", START) == 0
    assert not reader.has_more("edge", START)
    spool.append_blocking([record("a"), record("b")])
    assert reader.depth_bytes("edge", START) == 44
    assert reader.has_more("edge", START)
    batch = reader.read("edge", START, max_bytes=1)
    assert batch is not None
    assert reader.depth_bytes("edge", Position(batch.cut.segment, batch.cut.end)) == 22
    assert reader.has_more("edge", Position(batch.cut.segment, batch.cut.end))
    assert not reader.has_more("edge", Position(batch.cut.segment, batch.cut.end + 22))
    assert reader.lanes() == ["edge"]
    spool.close()


def test_a_closed_writer_refuses(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    spool.close()
    with pytest.raises(SpoolUnavailable):
        spool.append_blocking([record("a")])
