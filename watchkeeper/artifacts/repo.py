"""SQL of uploaded bundles, their files and the pieces they come in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from watchkeeper.store.meta import insert_into, tables

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file as look-ups need it. uploaded_ms: when its bundle was complete."""

    bundle_id: int
    kind: str
    url: str
    map_ref: str
    blob_key: str
    size_bytes: int
    dist: str
    uploaded_ms: int


def _files() -> Any:  # a Select whose type says nothing
    f, b = tables.artifact_files, tables.artifact_bundles
    return select(
        f.c.bundle_id,
        f.c.kind,
        f.c.url,
        f.c.map_ref,
        f.c.blob_key,
        f.c.size_bytes,
        b.c.dist,
        b.c.uploaded_ms,
    ).join(b, b.c.id == f.c.bundle_id)


def _stored(rows: Sequence[Row[Any]]) -> list[StoredFile]:
    return [StoredFile(**row._mapping) for row in rows]


def by_debug_id(
    conn: Connection, project_id: int, debug_id: str, kind: str
) -> Sequence[StoredFile]:
    """The newest first."""
    f, b = tables.artifact_files, tables.artifact_bundles
    query = (
        _files()
        .where(f.c.project_id == project_id, f.c.debug_id == debug_id, f.c.kind == kind)
        .order_by(b.c.uploaded_ms.desc())
        .limit(20)
    )
    return _stored(conn.execute(query).all())


def by_url(
    conn: Connection, project_id: int, release: str, urls: Collection[str]
) -> Sequence[StoredFile]:
    """Files of a release under any of the addresses, the newest first."""
    f, b = tables.artifact_files, tables.artifact_bundles
    query = (
        _files()
        .where(f.c.project_id == project_id, f.c.url.in_(urls), b.c.release == release)
        .order_by(b.c.uploaded_ms.desc())
        .limit(100)
    )
    return _stored(conn.execute(query).all())


def of_release(
    conn: Connection, project_id: int, release: str, *, limit: int, offset: int
) -> Sequence[Row[Any]]:
    """Files of a release with all columns, by address."""
    f, b = tables.artifact_files, tables.artifact_bundles
    query = (
        select(f, b.c.dist, b.c.uploaded_ms, b.c.checksum)
        .join(b, b.c.id == f.c.bundle_id)
        .where(f.c.project_id == project_id, b.c.release == release)
        .order_by(f.c.url, f.c.id)
        .limit(limit)
        .offset(offset)
    )
    return conn.execute(query).all()


def has_any(conn: Connection, project_id: int) -> bool:
    """True if the project has an uploaded bundle."""
    b = tables.artifact_bundles
    query = select(b.c.id).where(b.c.project_id == project_id).limit(1)
    return conn.execute(query).first() is not None


def bundle_id(
    conn: Connection, project_id: int, *, checksum: str, release: str, dist: str
) -> int | None:
    """The bundle that was uploaded just so before."""
    b = tables.artifact_bundles
    query = select(b.c.id).where(
        b.c.project_id == project_id,
        b.c.checksum == checksum,
        b.c.release == release,
        b.c.dist == dist,
    )
    return conn.execute(query).scalar()


def add_bundle(
    conn: Connection, bundle: Mapping[str, Any], files: Sequence[Mapping[str, Any]]
) -> None:
    """Add a bundle with its files. Raises RowConflict if it is there already."""
    b, f = tables.artifact_bundles, tables.artifact_files
    new = conn.execute(insert(b).values(**bundle).returning(b.c.id)).scalar_one()
    if files:
        conn.execute(
            insert(f),
            [{**one, "bundle_id": new, "project_id": bundle["project_id"]} for one in files],
        )


def bundles(conn: Connection, project_ids: Collection[int], *, limit: int) -> Sequence[Row[Any]]:
    """Bundles of the projects, the newest first."""
    b = tables.artifact_bundles
    query = (
        select(b)
        .where(b.c.project_id.in_(project_ids))
        .order_by(b.c.uploaded_ms.desc(), b.c.id.desc())
    )
    return conn.execute(query.limit(limit)).all()


def delete_bundle(conn: Connection, bundle: int) -> list[str]:
    """Forget a bundle; returns the keys of blobs that no other bundle needs."""
    f, b = tables.artifact_files, tables.artifact_bundles
    keys = set(conn.execute(select(f.c.blob_key).where(f.c.bundle_id == bundle)).scalars())
    conn.execute(delete(f).where(f.c.bundle_id == bundle))
    conn.execute(delete(b).where(b.c.id == bundle))
    listed = sorted(keys)
    for start in range(0, len(listed), _AT_ONCE):
        some = listed[start : start + _AT_ONCE]
        keys -= set(conn.execute(select(f.c.blob_key).where(f.c.blob_key.in_(some))).scalars())
    return sorted(keys)


def delete_file(conn: Connection, file_id: int) -> str | None:
    """Forget one file; the key of its blob if nothing else needs it."""
    f = tables.artifact_files
    key = conn.execute(select(f.c.blob_key).where(f.c.id == file_id)).scalar()
    conn.execute(delete(f).where(f.c.id == file_id))
    rest = conn.execute(select(func.count()).where(f.c.blob_key == key)).scalar_one()
    return None if rest else key


def is_file_of(conn: Connection, file_id: int, project_ids: Collection[int], release: str) -> bool:
    """True if the file was uploaded for this release of one of the projects."""
    f, b = tables.artifact_files, tables.artifact_bundles
    query = (
        select(f.c.id)
        .join(b, b.c.id == f.c.bundle_id)
        .where(f.c.id == file_id, f.c.project_id.in_(project_ids), b.c.release == release)
    )
    return conn.execute(query).first() is not None


def bundles_of_release(conn: Connection, project_ids: Collection[int], release: str) -> list[int]:
    """Ids of the bundles that were uploaded for a release."""
    b = tables.artifact_bundles
    query = select(b.c.id).where(b.c.project_id.in_(project_ids), b.c.release == release)
    return list(conn.execute(query).scalars())


def unused_bundles(conn: Connection, before_ms: int) -> list[int]:
    """Bundles that nothing was resolved with since an instant, nor uploaded."""
    b = tables.artifact_bundles
    return list(conn.execute(select(b.c.id).where(b.c.used_ms < before_ms)).scalars())


def touch_bundles(conn: Connection, ids: Collection[int], now_ms: int) -> None:
    """Note that bundles were used."""
    b = tables.artifact_bundles
    conn.execute(update(b).where(b.c.id.in_(ids)).values(used_ms=now_ms))


# Pieces


def known_chunks(conn: Connection, org_id: int, checksums: Sequence[str]) -> dict[str, int]:
    """Sizes in bytes of those pieces that are here."""
    c = tables.artifact_chunks
    found: dict[str, int] = {}
    for start in range(0, len(checksums), _AT_ONCE):
        some = checksums[start : start + _AT_ONCE]
        query = select(c.c.checksum, c.c.size_bytes).where(
            c.c.org_id == org_id, c.c.checksum.in_(some)
        )
        found |= {row.checksum: row.size_bytes for row in conn.execute(query)}
    return found


def add_chunk(
    conn: Connection, org_id: int, checksum: str, *, size_bytes: int, now_ms: int
) -> None:
    """Note that a piece is here, for another day."""
    c = tables.artifact_chunks
    row = insert_into(conn, c).values(
        org_id=org_id, checksum=checksum, size_bytes=size_bytes, uploaded_ms=now_ms
    )
    conn.execute(
        row.on_conflict_do_update(
            index_elements=["org_id", "checksum"], set_={"uploaded_ms": now_ms}
        )
    )


def chunk_bytes(conn: Connection, org_id: int) -> int:
    """All bytes of an organisation's pieces."""
    c = tables.artifact_chunks
    query = select(func.coalesce(func.sum(c.c.size_bytes), 0)).where(c.c.org_id == org_id)
    return int(conn.execute(query).scalar_one())


def old_chunks(conn: Connection, before_ms: int) -> Sequence[tuple[int, str]]:
    """Pieces (organisation, checksum) that were last sent before an instant."""
    c = tables.artifact_chunks
    query = select(c.c.org_id, c.c.checksum).where(c.c.uploaded_ms < before_ms)
    return [(row.org_id, row.checksum) for row in conn.execute(query)]


def forget_chunk(conn: Connection, org_id: int, checksum: str) -> None:
    """Forget one piece."""
    c = tables.artifact_chunks
    conn.execute(delete(c).where(c.c.org_id == org_id, c.c.checksum == checksum))


def project_of_bundle(conn: Connection, bundle: int) -> int | None:
    """The project that a bundle belongs to."""
    b = tables.artifact_bundles
    return conn.execute(select(b.c.project_id).where(b.c.id == bundle)).scalar()
