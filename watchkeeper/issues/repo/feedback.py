"""SQL of what people wrote, and of the errors that it is about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

_COLUMNS = (
    "feedback_id, toUnixTimestamp64Milli(ts) AS at_ms, name, email, message, url, source, "
    "user_key, event_id, replay_id, trace_id, environment, release"
)
_OF_ISSUE = """event_id IN (
    SELECT toString(event_id) FROM errors
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
      AND event_id IN (
        SELECT toFixedString(event_id, 32) FROM feedback
        WHERE project_id = {project:UInt32} AND length(event_id) = 32
      )
)"""
_TEXT = """(positionCaseInsensitiveUTF8(message, {text:String}) > 0
    OR positionCaseInsensitiveUTF8(name, {text:String}) > 0
    OR positionCaseInsensitiveUTF8(email, {text:String}) > 0
    OR positionCaseInsensitiveUTF8(url, {text:String}) > 0)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFilter:
    """Which feedback. hashes: of one issue's errors; event_id: of one error; else of all."""

    range: TimeRange
    text: str = ""
    environment: str = ""
    release: str = ""
    event_id: str = ""
    hashes: Sequence[int] | None = None


def page(
    columns: Columns,
    scope: Scope,
    chosen: FeedbackFilter,
    *,
    after: tuple[int, str] | None,
    limit: int,
) -> list[list[Any]]:
    """Rows of `_COLUMNS`, newest first, after (ms, id) of the page before; each once."""
    parts, params = _where(scope, chosen)
    params["limit"] = limit
    if after is not None:
        parts.append("(ts, feedback_id) < (fromUnixTimestamp64Milli({at:Int64}), {id:String})")
        params |= {"at": after[0], "id": after[1]}
    sql = f"""
    SELECT {_COLUMNS} FROM feedback WHERE {" AND ".join(parts)}
    ORDER BY ts DESC, feedback_id DESC LIMIT 1 BY feedback_id LIMIT {{limit:UInt32}}
    """
    return columns.rows(sql, params)


def total(columns: Columns, scope: Scope, chosen: FeedbackFilter) -> int:
    """How many there are."""
    parts, params = _where(scope, chosen)
    sql = f"SELECT uniqExact(feedback_id) FROM feedback WHERE {' AND '.join(parts)}"
    return int(columns.rows(sql, params)[0][0])


def hashes_of_events(
    columns: Columns, scope: Scope, event_ids: Collection[str]
) -> dict[str, tuple[int, str]]:
    """(hash, title) by id, of those events that are stored."""
    if not event_ids:
        return {}
    sql = """
    SELECT toString(event_id), any(grouping_hash), any(if(type = '', value, type)) FROM errors
    WHERE project_id = {project:UInt32} AND event_id IN {events:Array(String)} GROUP BY event_id
    """
    found = columns.rows(sql, {"project": scope.project_id, "events": sorted(event_ids)})
    return {str(event): (int(one), str(title)) for event, one, title in found}


def _where(scope: Scope, chosen: FeedbackFilter) -> tuple[list[str], dict[str, object]]:
    params: dict[str, object] = {
        "project": scope.project_id,
        "start": chosen.range.start_ms,
        "end": chosen.range.end_ms,
    }
    parts = [
        "project_id = {project:UInt32}",
        "ts >= fromUnixTimestamp64Milli({start:Int64})",
        "ts < fromUnixTimestamp64Milli({end:Int64})",
    ]
    for name in ("environment", "release", "event_id"):
        value = getattr(chosen, name)
        if value:
            parts.append(f"{name} = {{{name}:String}}")
            params[name] = value
    if chosen.text:
        parts.append(_TEXT)
        params["text"] = chosen.text
    if chosen.hashes is not None:
        parts.append(_OF_ISSUE)
        params["hashes"] = list(chosen.hashes)
    return parts, params
