"""Events of issues in a house, for the tests of this room."""

from __future__ import annotations

from typing import Any

from tests.fakes.house import PROJECT, SCOPE, House, event_json
from watchkeeper.issues import IssueQuery
from watchkeeper.lib.clock import HOUR_MS, SECOND_MS
from watchkeeper.model import Role, Scope, TimeRange

OTHER_PROJECT = Scope(org_id=1, project_ids=(2,), role=Role.MEMBER)
VIEWER = Scope(org_id=1, project_ids=(PROJECT,), role=Role.VIEWER)


def error(house: House, number: int, kind: str = "ValueError", **fields: Any) -> bytes:
    """An event that happens now, of an issue of its own for each `kind`."""
    fields.setdefault("timestamp", house.clock() / SECOND_MS)
    exception = {"type": kind, "value": f"{kind} happened", **fields.pop("exception", {})}
    return event_json(number, exception={"values": [exception]}, **fields)


def digested(house: House, *payloads: bytes) -> None:
    """The events arrive and are stored."""
    house.receive(payloads)
    house.digest().run_once()


def span(house: House, back_ms: int = HOUR_MS) -> TimeRange:
    """From so long ago until now."""
    return TimeRange(house.clock() - back_ms, house.clock() + 1)


def titles(house: House, **query: Any) -> list[str]:
    """Types of the issues that a query lists, in its order."""
    query.setdefault("range", span(house))
    return [one.type for one in house.issues.list(SCOPE, IssueQuery(**query)).issues]
