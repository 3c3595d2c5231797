"""Tags of events, counted in `errors`."""

from __future__ import annotations

from watchkeeper.issues.repo.counts import RAW, Filter, params_of, where
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

TAGGED_EVENTS = 20_000
"""Events that a breakdown of all tags looks at, the newest."""


def tags(
    columns: Columns, scope: Scope, chosen: Filter, *, values: int
) -> tuple[int, list[tuple[str, str, int]]]:
    """Number of events looked at (the newest 20,000) and (key, value, events), commonest first."""
    own = "'environment', environment, 'release', release, 'level', level, 'server', server_name"
    sql = f"""
    WITH looked_at AS (
        SELECT mapConcat(mapFilter((k, v) -> v != '', map({own})),
                         CAST(tags, 'Map(String, String)')) AS pairs
        FROM errors WHERE {where(RAW, chosen)} ORDER BY ts DESC LIMIT {{newest:UInt32}}
    )
    SELECT '' AS key, '' AS value, count() AS n FROM looked_at
    UNION ALL
    SELECT * FROM (
        SELECT pair.1 AS key, pair.2 AS value, count() AS n
        FROM looked_at ARRAY JOIN CAST(pairs, 'Array(Tuple(String, String))') AS pair
        GROUP BY key, value ORDER BY key, n DESC, value LIMIT {{values:UInt32}} BY key
    )
    """
    params = params_of(scope, chosen, chosen.range) | {"newest": TAGGED_EVENTS, "values": values}
    rows = [(str(key), str(value), int(n)) for key, value, n in columns.rows(sql, params)]
    looked_at = sum(n for key, _value, n in rows if not key)
    return looked_at, [row for row in rows if row[0]]


_FIELDS = {
    "environment": "environment",
    "release": "release",
    "level": "level",
    "server": "server_name",
    "user": "user_key",
    "url": "url",
    "transaction": "transaction",
}
"""Names that are columns, not tags."""


def values_of(
    columns: Columns, scope: Scope, chosen: Filter, *, key: str, most: int
) -> tuple[int, list[tuple[str, int, int, int]]]:
    """Events with the tag, and (value, events, first ms, last ms), the commonest first."""
    name = _FIELDS.get(key, "tags[{key:String}]")
    sql = f"""
    SELECT {name} AS value, count() AS n, toUnixTimestamp64Milli(min(ts)),
           toUnixTimestamp64Milli(max(ts)), sum(count()) OVER () AS total
    FROM errors WHERE {where(RAW, chosen)} AND value != ''
    GROUP BY value ORDER BY n DESC, value LIMIT {{most:UInt32}}
    """
    params = params_of(scope, chosen, chosen.range) | {"key": key, "most": most}
    rows = columns.rows(sql, params)
    total = int(rows[0][4]) if rows else 0
    return total, [(str(v), int(n), int(first), int(last)) for v, n, first, last, _t in rows]
