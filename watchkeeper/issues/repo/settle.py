"""Issues in meta: what a cut changes, in few statements whatever its size."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from watchkeeper.issues.lapse import Ignoring, Resolution, counted, is_back, lapsed
from watchkeeper.issues.repo.returns import Outcome, awake, note_returns
from watchkeeper.issues.tally import Arrival, Key, Tally, worse
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Severity
from watchkeeper.store.meta import insert_into, tables

_AT_ONCE = 500
"""Values in one IN list."""

T = TypeVar("T")


def hash_text(grouping_hash: int) -> str:
    """The 16 hex digits under which meta knows a hash."""
    return f"{grouping_hash:016x}"


def short_id(slug: str, number: int) -> str:
    """What people call an issue, such as ACADEMY-12."""
    return f"{slug.upper()}-{number}"


def grouping_versions(conn: Connection, project_ids: Collection[int]) -> dict[int, int]:
    """Grouping version by project, of those projects that exist."""
    t = tables.projects
    query = select(t.c.id, t.c.grouping_version).where(t.c.id.in_(project_ids))
    return {row.id: row.grouping_version for row in conn.execute(query)} if project_ids else {}


# Which events have been seen


def seen(conn: Connection, keys: Iterable[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
    """Those (project, event id) that an earlier cut stored."""
    by_project: dict[int, list[bytes]] = {}
    for project_id, identity in keys:
        by_project.setdefault(project_id, []).append(identity)
    t = tables.seen_events
    query = select(t.c.event_id).where(
        t.c.project_id == bindparam("project"), t.c.event_id.in_(bindparam("ids", expanding=True))
    )
    found: set[tuple[int, bytes]] = set()
    for project_id, identities in by_project.items():
        for some in _chunks(identities):
            rows = conn.execute(query, {"project": project_id, "ids": some})
            found.update((project_id, bytes(row.event_id)) for row in rows)
    return found


def remember(conn: Connection, arrivals: Sequence[Arrival]) -> None:
    """Note the events as stored."""
    conn.execute(
        insert(tables.seen_events),
        [
            {
                "project_id": one.record.project_id,
                "event_id": one.identity,
                "day": one.record.received_ms // DAY_MS,
            }
            for one in arrivals
        ],
    )


def forget_before(conn: Connection, day: int) -> None:
    """Forget the ids of events that arrived before a day (days since 1970)."""
    conn.execute(delete(tables.seen_events).where(tables.seen_events.c.day < day))


def note_environments(conn: Connection, arrivals: Sequence[Arrival]) -> None:
    """Add environments that were not known yet."""
    first: dict[tuple[int, str], int] = {}
    for one in arrivals:
        if one.facts.environment:
            key = (one.record.project_id, one.facts.environment)
            first.setdefault(key, one.record.received_ms)
    t = tables.environments
    known = select(t.c.project_id, t.c.name).where(t.c.project_id.in_({key[0] for key in first}))
    for row in conn.execute(known) if first else ():
        first.pop((row.project_id, row.name), None)
    if first:
        rows = [
            {"project_id": project_id, "name": name, "first_seen_ms": at_ms}
            for (project_id, name), at_ms in first.items()
        ]
        conn.execute(insert_into(conn, t).on_conflict_do_nothing(), rows)


# What the events do to their issues


def settle(conn: Connection, tallies: Sequence[Tally]) -> list[Outcome]:
    """Count the tallies into their issues; open issues for groups not seen before."""
    slugs = _slugs(conn, {one.project_id for one in tallies})
    known = _known_issues(conn, tallies)
    old = [one for one in tallies if _key(one) in known]
    new = [one for one in tallies if _key(one) not in known]
    return [*_open(conn, new, slugs), *_count(conn, old, known, slugs)]


def _key(one: Tally) -> Key:
    return one.project_id, one.grouping.hash


def _slugs(conn: Connection, project_ids: Collection[int]) -> dict[int, str]:
    t = tables.projects
    rows = conn.execute(select(t.c.id, t.c.slug).where(t.c.id.in_(project_ids)))
    return {row.id: row.slug for row in rows}


def _known_issues(conn: Connection, tallies: Sequence[Tally]) -> dict[Key, Row[Any]]:
    """The issue of each group that has one, held against a person's change until we are done."""
    i, h = tables.issues, tables.issue_hashes
    query = (
        select(h.c.project_id, h.c.grouping_hash, i)
        .join(i, i.c.id == h.c.issue_id)
        .where(h.c.project_id == bindparam("project"))
        .where(h.c.grouping_hash.in_(bindparam("hashes", expanding=True)))
        .with_for_update(of=i)
    )
    by_project: dict[int, list[str]] = {}
    for one in tallies:
        by_project.setdefault(one.project_id, []).append(hash_text(one.grouping.hash))
    known: dict[Key, Row[Any]] = {}
    for project_id, hashes in by_project.items():
        for some in _chunks(hashes):
            for row in conn.execute(query, {"project": project_id, "hashes": some}):
                known[project_id, int(row.grouping_hash, 16)] = row
    return known


def _open(conn: Connection, new: Sequence[Tally], slugs: dict[int, str]) -> list[Outcome]:
    if not new:
        return []
    numbers = _reserve_numbers(conn, new)
    rows = [_issue_row(one, number) for one, number in zip(new, numbers, strict=True)]
    conn.execute(insert(tables.issues), rows)
    ids = _ids_by_number(conn, new, numbers)
    outcomes = []
    hashes = []
    for one, number in zip(new, numbers, strict=True):
        issue_id = ids[one.project_id, number]
        hashes.append(
            {
                "project_id": one.project_id,
                "grouping_hash": hash_text(one.grouping.hash),
                "issue_id": issue_id,
            }
        )
        name = short_id(slugs[one.project_id], number)
        outcomes.append(
            Outcome(
                project_id=one.project_id,
                issue_id=issue_id,
                short_id=name,
                events=one.events,
                is_new=True,
            )
        )
    conn.execute(insert(tables.issue_hashes), hashes)
    return outcomes


def _reserve_numbers(conn: Connection, new: Sequence[Tally]) -> list[int]:
    """The next free numbers of each tally's project, in order."""
    wanted: dict[int, int] = {}
    for one in new:
        wanted[one.project_id] = wanted.get(one.project_id, 0) + 1
    t = tables.projects
    following: dict[int, int] = {}
    for project_id, count in wanted.items():
        taken = (
            update(t)
            .where(t.c.id == project_id)
            .values(next_issue_number=t.c.next_issue_number + count)
            .returning(t.c.next_issue_number)
        )
        following[project_id] = conn.execute(taken).scalar_one() - count
    numbers = []
    for one in new:
        numbers.append(following[one.project_id])
        following[one.project_id] += 1
    return numbers


def _ids_by_number(
    conn: Connection, new: Sequence[Tally], numbers: Sequence[int]
) -> dict[tuple[int, int], int]:
    lowest: dict[int, int] = {}
    for one, number in zip(new, numbers, strict=True):
        lowest.setdefault(one.project_id, number)
    t = tables.issues
    query = select(t.c.number, t.c.id)
    return {
        (project_id, row.number): row.id
        for project_id, first in lowest.items()
        for row in conn.execute(query.where(t.c.project_id == project_id, t.c.number >= first))
    }


def _issue_row(one: Tally, number: int) -> dict[str, Any]:
    return {
        "project_id": one.project_id,
        "number": number,
        "grouping_version": one.grouping.version,
        "status": "unresolved",
        "is_regressed": False,
        "severity": (one.ruled or one.severity).value,
        "severity_by": "rule" if one.ruled else "events",
        "is_handled": one.is_handled,
        "first_seen_ms": one.first.ts_ms,
        "events": one.events,
        "first_release": one.first.release,
        "status_changed_ms": one.received_ms,
        **_latest(one),
    }


def _latest(one: Tally) -> dict[str, Any]:
    """What an issue shows of its newest event."""
    return {
        "title": one.last.title,
        "type": one.last.type,
        "value": one.last.value[:4_000],
        "culprit": one.last.culprit,
        "platform": one.last.platform,
        "level": one.last.level,
        "environment": one.last.environment,
        "last_release": one.last.release,
        "last_seen_ms": one.last.ts_ms,
    }


_COUNTED = (
    "title",
    "type",
    "value",
    "culprit",
    "platform",
    "level",
    "environment",
    "last_release",
    "last_seen_ms",
    "first_seen_ms",
    "first_release",
    "events",
    "is_handled",
    "severity",
    "severity_by",
    "status",
    "is_regressed",
    "status_changed_ms",
    "resolution",
    "ignoring",
    "ignored_until_ms",
)


def _count(
    conn: Connection, old: Sequence[Tally], known: dict[Key, Row[Any]], slugs: dict[int, str]
) -> list[Outcome]:
    if not old:
        return []
    changed: dict[int, dict[str, Any]] = {}
    outcomes = []
    came_back = []
    for one in old:
        row = known[_key(one)]
        before = changed.get(row.id) or {name: getattr(row, name) for name in _COUNTED}
        after = _after(before, one)
        woken = _ignored_on(conn, row.id, after, one) if before["status"] == "ignored" else ""
        changed[row.id] = after
        outcome = Outcome(
            project_id=one.project_id,
            issue_id=row.id,
            short_id=short_id(slugs[one.project_id], row.number),
            events=one.events,
            is_regressed=before["status"] == "resolved" and after["status"] == "unresolved",
            woken=woken,
        )
        outcomes.append(outcome)
        if outcome.is_regressed or outcome.woken:
            came_back.append((one, outcome))
    statement = (
        update(tables.issues)
        .where(tables.issues.c.id == bindparam("key"))
        .values({name: bindparam(f"new_{name}") for name in _COUNTED})
    )
    conn.execute(
        statement,
        [
            {"key": issue_id, **{f"new_{name}": value for name, value in values.items()}}
            for issue_id, values in changed.items()
        ],
    )
    note_returns(conn, came_back)
    return outcomes


def _after(before: dict[str, Any], one: Tally) -> dict[str, Any]:
    """The issue's row after the tally. An event after the resolution opens it again."""
    after = dict(before)
    if one.last.ts_ms >= before["last_seen_ms"]:
        after |= _latest(one)
    if one.first.ts_ms < before["first_seen_ms"]:
        after |= {"first_seen_ms": one.first.ts_ms, "first_release": one.first.release}
    after["events"] += one.events
    after["is_handled"] = before["is_handled"] and one.is_handled
    after |= _severity_after(before, one)
    if before["status"] == "resolved" and _is_back(before, one):
        after |= {
            "status": "unresolved",
            "is_regressed": True,
            "status_changed_ms": one.received_ms,
            "resolution": None,
        }
    return after


def _severity_after(before: dict[str, Any], one: Tally) -> dict[str, str]:
    """A person's word stays; a rule's holds while rules say so; else it can only get worse."""
    if before["severity_by"] == "person":
        return {}
    if one.ruled is not None:
        return {"severity": one.ruled.value, "severity_by": "rule"}
    if before["severity_by"] == "rule":
        return {"severity": one.severity.value, "severity_by": "events"}
    return {"severity": worse(Severity(before["severity"]), one.severity).value}


def _is_back(before: dict[str, Any], one: Tally) -> bool:
    resolution = Resolution.of_json(before["resolution"])
    return any(
        ts_ms > before["status_changed_ms"] and is_back(resolution, release)
        for release, ts_ms in one.releases.items()
    )


def _ignored_on(conn: Connection, issue_id: int, after: dict[str, Any], one: Tally) -> str:
    """Count the tally towards what ends the ignoring; returns why it ended, if it did."""
    if after["ignoring"] is None:
        return ""
    ignoring = counted(
        Ignoring.of_json(after["ignoring"]), events=one.events, at_ms=one.received_ms
    )
    after["ignoring"] = ignoring.as_json()
    users = _ignored_users(conn, issue_id, one.users) if ignoring.users is not None else 0
    why = lapsed(ignoring, at_ms=one.received_ms, users=users)
    if why:
        after |= awake(one.received_ms)
    return why


def _ignored_users(conn: Connection, issue_id: int, users: Collection[str]) -> int:
    """Note people as seen since the issue was ignored; returns how many there are."""
    t = tables.issue_ignored_users
    rows = [{"issue_id": issue_id, "user_hash": _user_hash(one)} for one in sorted(users)]
    if rows:
        conn.execute(insert_into(conn, t).on_conflict_do_nothing(), rows)
    total = select(func.count()).where(t.c.issue_id == issue_id)
    return int(conn.execute(total).scalar_one())


def _user_hash(user_key: str) -> str:
    return blake2b(user_key.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
