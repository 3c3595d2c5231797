"""Deploys as they are told of: each word changes what is known of one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from watchkeeper.artifacts.releases import repo
from watchkeeper.artifacts.releases.types import Deploy, DeployChange, DeployStatus
from watchkeeper.lib.errors import Invalid

_BAD_NAMES = frozenset({"", ".", "..", "latest"})
_LONGEST_ID = 100


def note_deploy(conn: Connection, project_id: int, change: DeployChange, *, now_ms: int) -> Deploy:
    """Note a deploy, or what became of it. Raises Invalid for times that cannot be."""
    deployment_id = change.deployment_id[:_LONGEST_ID] or f"wk-{secrets.token_hex(8)}"
    before = repo.deploy(conn, project_id, deployment_id)
    return _kept(conn, (project_id, deployment_id), before, change, now_ms=now_ms)


def note_heard_deploy(
    conn: Connection, project_id: int, change: DeployChange, *, now_ms: int
) -> Deploy:
    """The same for words that come late, out of order, or by several clocks: never raises Invalid.

    What is over stays over, a start after the end is not believed, and a release that cannot be
    named so is left out.
    """
    deployment_id = change.deployment_id[:_LONGEST_ID]
    before = repo.deploy(conn, project_id, deployment_id)
    credible = _credible(before, change)
    return _kept(conn, (project_id, deployment_id), before, credible, now_ms=now_ms)


def _kept(
    conn: Connection,
    of: tuple[int, str],
    before: Deploy | None,
    change: DeployChange,
    *,
    now_ms: int,
) -> Deploy:
    """Store what is known after a change. of: project and the deploy's own name."""
    project_id, deployment_id = of
    values = _values(before, change, now_ms)
    if values["release"]:
        repo.ensure(conn, project_id, checked_version(values["release"]), now_ms=now_ms)
    row = {"project_id": project_id, "deployment_id": deployment_id, **values}
    repo.put_deploy(conn, row, now_ms=now_ms)
    found = repo.deploy(conn, project_id, deployment_id)
    assert found is not None
    return found


def checked_version(version: str) -> str:
    """A release's name. Raises Invalid."""
    is_bad = version.strip() in _BAD_NAMES or any(char in version for char in "\n\r\t\f\v\\")
    if is_bad or len(version) > 250:
        raise Invalid(
            "A release is named by up to 250 characters, without line breaks, tabs or backslashes."
        )
    return version.strip()


def _credible(before: Deploy | None, change: DeployChange) -> DeployChange:
    if change.release is not None:
        try:
            change = replace(change, release=checked_version(change.release))
        except Invalid:
            change = replace(change, release=None)
    is_over = before is not None and before.status.is_final
    if is_over and change.status is not None and not change.status.is_final:
        change = replace(change, status=None)
    finished_ms = change.finished_ms or (before.finished_ms if before else None)
    if finished_ms is None:
        return change
    if change.started_ms is not None and change.started_ms > finished_ms:
        change = replace(change, started_ms=None)
    began_ms = change.started_ms or (before.started_ms if before else None)
    if began_ms is not None and began_ms > finished_ms:
        change = replace(change, started_ms=finished_ms - (change.duration_ms or 0))
    return change


def _values(before: Deploy | None, change: DeployChange, now_ms: int) -> dict[str, Any]:
    """The deploy after what was said. What follows from the rest is filled in."""
    status = change.status or (before.status if before else DeployStatus.SUCCESS)
    finished_ms = change.finished_ms or (before.finished_ms if before else None)
    duration_ms = change.duration_ms
    started_ms = change.started_ms or (before.started_ms if before else None)
    if finished_ms is None and status.is_final:
        is_told = started_ms is not None and duration_ms is not None
        finished_ms = (started_ms or 0) + (duration_ms or 0) if is_told else now_ms
    if started_ms is None:
        started_ms = (finished_ms or now_ms) - (duration_ms or 0)
    if not status.is_final:
        finished_ms = None
    if finished_ms is not None and finished_ms < started_ms:
        raise Invalid("A deploy cannot finish before it started; check started_ms and finished_ms.")
    if duration_ms is None and finished_ms is not None:
        duration_ms = finished_ms - started_ms
    return {
        "release": _said(change.release, before.release if before else "")[:250],
        "environment": _said(change.environment, before.environment if before else "production")[
            :64
        ],
        "name": _said(change.name, before.name if before else "")[:200],
        "status": status.value,
        "started_ms": started_ms,
        "finished_ms": finished_ms,
        "duration_ms": duration_ms,
        "url": _said(change.url, before.url if before else "")[:1_000],
    }


def _said(told: str | None, before: str) -> str:
    return before if told is None else told
