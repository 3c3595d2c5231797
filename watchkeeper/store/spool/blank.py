"""Takes records out of segments that have been digested but cannot be deleted yet."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from watchkeeper.model import Record
from watchkeeper.store.spool.files import segment_path, segments_of
from watchkeeper.store.spool.frame import frames
from watchkeeper.store.spool.port import Position


def blank_records(
    directory: Path, lane: str, position: Position, holds: Callable[[Record], bool]
) -> int:
    """Overwrite with zeros every digested record that `holds` names; returns how many.

    The writer only appends and readers start at `position`, so neither notices; a segment that is
    read again for what it teaches passes zeros over as it does any damage.
    """
    blanked = 0
    for segment in segments_of(directory, lane):
        if segment > position.segment:
            break
        path = segment_path(directory, lane, segment)
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # trimmed meanwhile
            continue
        end = position.offset if segment == position.segment else len(content)
        found = [
            (frame.start, frame.end)
            for frame in frames(content[:end], segment=segment, offset=0)
            if holds(frame.record)
        ]
        if found:
            _overwrite(path, found)
        blanked += len(found)
    return blanked


def _overwrite(path: Path, places: list[tuple[int, int]]) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        for start, end in places:
            os.pwrite(descriptor, bytes(end - start), start)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
