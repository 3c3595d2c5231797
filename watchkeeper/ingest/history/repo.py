"""Which samples are stored already: the SQL."""

from __future__ import annotations

import numpy as np

from watchkeeper.ingest.rows import Ids, Times
from watchkeeper.store.columns import Columns

_STORED = """
SELECT series_id, toUnixTimestamp64Milli(ts) FROM {table}
WHERE project_id = {{project:UInt32}} AND series_id IN {{ids:Array(UInt64)}}
  AND ts >= fromUnixTimestamp64Milli({{first_ms:Int64}}, 'UTC')
  AND ts <= fromUnixTimestamp64Milli({{last_ms:Int64}}, 'UTC')
"""
_AT_ONCE = 5_000
_ROW = np.dtype([("id", "<u8"), ("ts_ms", "<i8")])


def stored_times(
    columns: Columns, project_id: int, ids: Ids, first_ms: int, last_ms: int
) -> tuple[Ids, Times]:
    """(series, Unix ms) of the samples of these series in the range, floats and histograms."""
    parts = [b""]
    for start in range(0, len(ids), _AT_ONCE):
        params = {
            "project": project_id,
            "ids": ids[start : start + _AT_ONCE].tolist(),
            "first_ms": first_ms,
            "last_ms": last_ms,
        }
        for table in ("samples", "histograms"):
            parts.append(columns.fetch(_STORED.format(table=table), params, fmt="RowBinary"))
    rows = np.frombuffer(b"".join(parts), _ROW)
    return rows["id"], rows["ts_ms"]
