"""Reads lanes that other processes write."""

from __future__ import annotations

import contextlib
from pathlib import Path

from watchkeeper.model import Cut, Record
from watchkeeper.store.spool.files import (
    lanes_of,
    read_extent,
    segment_path,
    segments_of,
    size_of,
)
from watchkeeper.store.spool.frame import Frame, frames
from watchkeeper.store.spool.port import Batch, Position


class SegmentReader:
    """Reads every lane under one directory; implements `SpoolReader`.

    Only synced bytes are read: of a lane's newest segment as far as its writer published, of the
    others all, because a writer never returns to a segment.
    corrupt_bytes: bytes passed over so far because no valid record lay there.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.corrupt_bytes = 0

    def lanes(self) -> list[str]:
        """Names of the lanes, sorted."""
        return lanes_of(self._directory)

    def read(self, lane: str, position: Position, *, max_bytes: int) -> Batch | None:
        """The next whole records from `position` on; None when there is none yet.

        max_bytes: a bound on the cut, except that one larger record is still returned.
        """
        for segment in self._segments_from(lane, position):
            start = position.offset if segment == position.segment else 0
            batch = self._next_in(lane, segment, start, max_bytes)
            if batch is not None:
                return batch
        return None

    def reread(self, cut: Cut) -> Batch:
        """Exactly the records of a cut that was handed out before."""
        found = self._frames(cut.lane, cut.segment, cut.start, cut.end - cut.start)
        return Batch(cut, [frame.record for frame in found])

    def newest(self, lane: str, *, max_bytes: int) -> list[Record]:
        """The last records that a lane's former writers wrote, oldest first.

        For a writer that has just opened the lane: what it must remember of its life before.
        max_bytes: how much is read, from the end of the newest segments.
        """
        found: list[Record] = []
        for segment in reversed(segments_of(self._directory, lane)):
            size = self._end(lane, segment)
            start = max(0, size - max_bytes)
            content = self._frames(lane, segment, start, size - start)
            found[:0] = [frame.record for frame in content]
            max_bytes -= size - start
        return found

    def trim(self, lane: str, position: Position) -> None:
        """Delete the segments before the one in which `position` lies."""
        for segment in segments_of(self._directory, lane):
            if segment < position.segment:
                with contextlib.suppress(FileNotFoundError):
                    segment_path(self._directory, lane, segment).unlink()

    def depth_bytes(self, lane: str, position: Position) -> int:
        """Synced bytes that wait in a lane from `position` on."""
        depth = 0
        for segment in self._segments_from(lane, position):
            start = position.offset if segment == position.segment else 0
            depth += max(0, self._end(lane, segment) - start)
        return depth

    def has_more(self, lane: str, position: Position) -> bool:
        """Whether synced bytes wait after `position`: one small read as a rule, cheap to poll."""
        extent = read_extent(self._directory, lane)
        if extent is None or extent[0] != position.segment:
            return self.depth_bytes(lane, position) > 0
        return extent[1] > position.offset

    def _segments_from(self, lane: str, position: Position) -> list[int]:
        return [s for s in segments_of(self._directory, lane) if s >= position.segment]

    def _next_in(self, lane: str, segment: int, start: int, max_bytes: int) -> Batch | None:
        """The next records of one segment; the window grows until one whole record is in it."""
        end = self._end(lane, segment)
        window = max(1, max_bytes)
        while start < end:
            found = self._frames(lane, segment, start, min(window, end - start))
            if found:
                found = found[:1] if window > max_bytes else found
                self._count_corrupt(start, found)
                cut = Cut(lane, segment, start, found[-1].end)
                return Batch(cut, [frame.record for frame in found])
            if window >= end - start:
                return None
            window = min(end - start, max(2 * window, 4096))
        return None

    def _frames(self, lane: str, segment: int, start: int, size: int) -> list[Frame]:
        try:
            with segment_path(self._directory, lane, segment).open("rb") as file:
                file.seek(start)
                content = file.read(size)
        except FileNotFoundError:
            return []
        return list(frames(content, segment=segment, offset=start))

    def _end(self, lane: str, segment: int) -> int:
        """How far a segment may be read: all of a closed one, the synced part of the newest."""
        size = size_of(segment_path(self._directory, lane, segment))
        if segment < segments_of(self._directory, lane)[-1]:
            return size
        extent = read_extent(self._directory, lane)
        if extent is None or extent[0] != segment:
            return 0
        return min(size, extent[1])

    def _count_corrupt(self, start: int, found: list[Frame]) -> None:
        ends = [start, *(frame.end for frame in found)]
        self.corrupt_bytes += sum(
            frame.start - end for frame, end in zip(found, ends, strict=False)
        )
