"""Takes one person out of every store, and proves it by searching the files."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from watchkeeper.app.backup import Copy, copies_of
from watchkeeper.app.datadir import DataDir
from watchkeeper.ingest.digest import lane_position
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Record
from watchkeeper.privacy import anonymous_id, hashed
from watchkeeper.store.blobs import Blobs
from watchkeeper.store.columns import ColumnErasure, Columns, Sought
from watchkeeper.store.meta import Meta, SoughtInMeta, erase_in_meta, find_in_meta
from watchkeeper.store.spool import Position, SegmentReader, blank_records

_BLOB_PREFIXES = ("attachments/", "replays/", "profiles/")
_PIECE_BYTES = 1 << 22
_DIGESTED_WITHIN_S = 30.0
_FILES_GONE_WITHIN_S = 90.0
_MAX_UNPACKED_BYTES = 256 * 2**20
_LONGEST_ID = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedFrom:
    """store: columns, meta, blobs, spool or files; place: a table, a key or a path."""

    store: str
    place: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseStep:
    """One step that is done. erased: what it took out. left: what the proof still found.

    notes: what no search can find and what the operator has to do; of the last step.
    backups: copies of all stores that may hold the person.
    """

    done: int
    total: int
    what: str
    erased: tuple[ErasedFrom, ...] = ()
    left: tuple[ErasedFrom, ...] = ()
    notes: tuple[str, ...] = ()
    backups: tuple[Copy, ...] = ()

    def fields(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def of(cls, fields: dict[str, object]) -> EraseStep:
        """Out of JSON."""
        places = {
            name: tuple(ErasedFrom(**one) for one in fields.pop(name, ()))  # type: ignore[attr-defined]
            for name in ("erased", "left")
        }
        notes: tuple[str, ...] = tuple(fields.pop("notes", ()))  # type: ignore[arg-type]
        backups = tuple(Copy(**one) for one in fields.pop("backups", ()))  # type: ignore[attr-defined]
        return cls(**fields, **places, notes=notes, backups=backups)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseRequest:
    """A person, by any id. projects: where; empty: everywhere. dry_run: only say what there is."""

    user: str
    projects: tuple[int, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where a person may be."""

    meta: Meta
    columns: Columns
    blobs: Blobs
    data_dir: DataDir


def erase(
    request: EraseRequest,
    stores: Stores,
    *,
    digest_paused: AbstractContextManager[object] | None = None,
    forget: Callable[[], None] = lambda: None,
) -> Iterator[EraseStep]:
    """Erase step by step; the last one is the proof. Raises Invalid for an id that is none.

    digest_paused: entered while rows go; None: no digest runs, and what waits in the spool goes
    too. forget: empties what is kept in memory.
    """
    sought = sought_of(request, stores.data_dir.salt())
    columns = ColumnErasure(stores.columns)
    found = columns.find(sought)
    in_meta = find_in_meta(stores.meta, _in_meta(sought))
    keys = sorted({*columns.blob_keys(sought), *_blobs_naming(stores.blobs, sought)})
    there = (
        *(ErasedFrom(store="columns", place=each.table, rows=each.rows) for each in found),
        *(ErasedFrom(store="meta", place=each.table, rows=each.rows) for each in in_meta),
        *(ErasedFrom(store="blobs", place=key, rows=1) for key in keys),
    )
    backups = tuple(copies_of(stores.data_dir))
    if request.dry_run:
        yield EraseStep(
            done=1, total=1, what="found", erased=there, notes=_notes(sought), backups=backups
        )
        return
    total = len(found) + 4
    yield EraseStep(done=1, total=total, what="found")
    if digest_paused is not None:
        _wait_until_digested(stores)
    with digest_paused or contextlib.nullcontext():
        for at, table in enumerate(columns.erase(sought, columns.find(sought)), 2):
            yield EraseStep(done=min(at, total - 3), total=total, what=f"table {table}")
        for key in keys:
            stores.blobs.delete(key)
        blanked = _blank_spool(stores, sought, is_all=digest_paused is None)
        yield EraseStep(done=total - 2, total=total, what="blobs and spool")
        for _ in erase_in_meta(stores.meta, _in_meta(sought)):
            pass
        stores.meta.compact()
    forget()
    yield EraseStep(done=total - 1, total=total, what="relational store")
    spool = (ErasedFrom(store="spool", place="records", rows=blanked),) if blanked else ()
    yield EraseStep(
        done=total,
        total=total,
        what="proof",
        erased=(*there, *spool),
        left=_proof(stores, sought),
        notes=_notes(sought),
        backups=backups,
    )


def sought_of(request: EraseRequest, salt: bytes) -> Sought:
    """Every id under which the person may be stored: as given, as a pseudonym, as a hash."""
    user = request.user.strip()
    if not user or len(user) > _LONGEST_ID:
        raise Invalid(f"--user needs an id, a name or an e-mail of 1 to {_LONGEST_ID} characters.")
    forms = dict.fromkeys((user, user.lower()) if "@" in user else (user,))
    ids = [*forms]
    for form in forms:
        ids += [anonymous_id(form, salt), hashed(form, salt)]
    return Sought(ids=tuple(ids), projects=request.projects)


def _in_meta(sought: Sought) -> SoughtInMeta:
    return SoughtInMeta(ids=sought.distinctive, keys=sought.whole, projects=sought.projects)


def _blobs_naming(blobs: Blobs, sought: Sought) -> Iterator[str]:
    """Blobs in whose content the person is named."""
    if not sought.distinctive:
        return
    for prefix in _BLOB_PREFIXES:
        for key in blobs.keys(prefix):
            if _is_in_projects(key, sought) and _names(_unpacked(blobs.get(key)), sought):
                yield key


def _is_in_projects(key: str, sought: Sought) -> bool:
    """Keys are `kind/day/project/…`."""
    steps = key.split("/")
    return not sought.projects or (len(steps) > 2 and steps[2] in map(str, sought.projects))


def _unpacked(content: bytes) -> bytes:
    """The content, and what is in it if it is zlib's."""
    start = content.find(b"\n") + 1  # a recording begins with a line of headers
    for packed in (content, content[start:]):
        with contextlib.suppress(zlib.error):
            return content + zlib.decompressobj().decompress(packed, _MAX_UNPACKED_BYTES)
    return content


def _names(content: bytes, sought: Sought) -> bool:
    return any(each.encode() in content for each in sought.distinctive)


def _wait_until_digested(stores: Stores) -> None:
    """What was accepted before is in the tables, so that it is found there."""
    reader = SegmentReader(stores.data_dir.spool)
    deadline = time.monotonic() + _DIGESTED_WITHIN_S
    waiting = {lane: _end(reader, lane, _position(stores, lane)) for lane in reader.lanes()}
    while waiting and time.monotonic() < deadline:
        waiting = {lane: end for lane, end in waiting.items() if _position(stores, lane) < end}
        if not waiting:
            return
        time.sleep(0.1)


def _end(reader: SegmentReader, lane: str, position: tuple[int, int]) -> tuple[int, int]:
    """Where the lane ends now."""
    newest = Position(*position)
    while (batch := reader.read(lane, newest, max_bytes=1 << 24)) is not None:
        newest = Position(batch.cut.segment, batch.cut.end)
    return newest.segment, newest.offset


def _position(stores: Stores, lane: str) -> tuple[int, int]:
    with stores.meta.read() as conn:
        found = lane_position(conn, lane)
    return found.segment, found.offset


def _blank_spool(stores: Stores, sought: Sought, *, is_all: bool) -> int:
    def holds(record: Record) -> bool:
        is_there = not sought.projects or record.project_id in sought.projects
        return is_there and _names(record.payload, sought)

    reader = SegmentReader(stores.data_dir.spool)
    blanked = 0
    for lane in reader.lanes():
        upto = _position(stores, lane)
        upto = _end(reader, lane, upto) if is_all else upto
        blanked += blank_records(stores.data_dir.spool, lane, Position(*upto), holds)
    return blanked


def _proof(stores: Stores, sought: Sought) -> tuple[ErasedFrom, ...]:
    """What is left. Files that the engine has given up are removed moments later: they get time."""
    deadline = time.monotonic() + _FILES_GONE_WITHIN_S
    while True:
        left = tuple(_left(stores, sought))
        if any(one.store != "files" for one in left) or not left or time.monotonic() > deadline:
            return left
        time.sleep(1.0)


def _left(stores: Stores, sought: Sought) -> Iterator[ErasedFrom]:
    """The proof: the tables are asked again, and every file is searched."""
    for found in ColumnErasure(stores.columns).find(sought):
        yield ErasedFrom(store="columns", place=found.table, rows=found.rows)
    for touched in find_in_meta(stores.meta, _in_meta(sought)):
        yield ErasedFrom(store="meta", place=touched.table, rows=touched.rows)
    if sought.projects:  # other projects may name the same id, and files do not tell them apart
        return
    for path, times in search_files(stores.data_dir.root, sought.distinctive):
        yield ErasedFrom(store="files", place=str(path), rows=times)


def search_files(root: Path, words: Sequence[str]) -> Iterator[tuple[Path, int]]:
    """Files below a directory in which any of the words stands, and how often."""
    needles = [word.encode() for word in words]
    overlap_bytes = max((len(needle) for needle in needles), default=1) - 1
    for path in sorted(root.rglob("*")):
        times, overlap = 0, b""
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            if not path.is_file():
                continue
            with path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    content = overlap + piece
                    times += sum(content.count(needle) for needle in needles)
                    overlap = content[-overlap_bytes:] if overlap_bytes else b""
        if times:
            yield path, times


def _notes(sought: Sought) -> tuple[str, ...]:
    notes = [
        "Sums of errors and sessions are made anew of the rows that stay. Where those have "
        "expired, the person became nobody in the sum.",
        "The audit log and accounts of this server are not touched: `watchkeeper user` has them.",
        "Backups may hold the person: `watchkeeper erase --backups` searches and rewrites those "
        "that are where they were written; others are not known here.",
    ]
    if len(sought.distinctive) < len(sought.ids):
        notes.insert(
            0,
            f"The id {sought.ids[0]!r} is too short to be looked for inside texts and files: rows "
            "were found by it as a whole value. Erase by e-mail or name too, if you know one.",
        )
    return tuple(notes)
