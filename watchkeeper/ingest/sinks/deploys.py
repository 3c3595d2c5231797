"""Words about deployments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from watchkeeper.artifacts import DeployChange, DeployStatus, note_heard_deploy
from watchkeeper.ingest.deploy_rows import DeployRow, decode_deploys
from watchkeeper.ingest.digest import DeadLetter, Plan, Refused
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record

_STATUSES = frozenset(DeployStatus)


class DeploySink:
    """Kind DEPLOYS into the relational store: in the order of acceptance, once."""

    kinds = frozenset({Kind.DEPLOYS})

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        found: list[tuple[DeployRow, Record]] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                found += [(row, record) for row in decode_deploys(record.payload)]
            except msgspec.MsgspecError as error:
                dead.append(DeadLetter(record, "unreadable", str(error)))
        return Plan(apply=_Noting(found), dead=dead)


@dataclass(frozen=True, slots=True)
class _Noting:
    """Changes the deploys and tells open pages of them."""

    found: Sequence[tuple[DeployRow, Record]]

    def __call__(self, conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        for row, record in self.found:
            change = _change(row)
            note_heard_deploy(conn, record.project_id, change, now_ms=record.received_ms)
        return [
            LiveEvent(record.project_id, LiveTopic.ISSUES, {"deploy": row.deployment_id})
            for row, record in self.found
        ]


def _change(row: DeployRow) -> DeployChange:
    status = DeployStatus(row.status) if row.status in _STATUSES else None
    is_final = status is not None and status.is_final
    return DeployChange(
        deployment_id=row.deployment_id,
        release=row.release,
        environment=row.environment,
        status=status,
        started_ms=row.started_ms,
        finished_ms=row.at_ms if is_final else None,
        duration_ms=row.duration_ms,
        url=row.url,
    )
