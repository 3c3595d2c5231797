"""Search over many lines: `python -m bench.logs [LINES] [DIRECTORY]`.

Makes lines inside the engine (twelve kinds of text, ids and numbers in most), then asks what people
ask, each question with cold caches of conditions. Prints milliseconds, and bytes a line on disk.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.logs import (
    LogCounts,
    LogPatterns,
    LogSearch,
    LogSearches,
    field_named,
    parse_search,
)
from watchkeeper.model import Role, Scope, TimeRange
from watchkeeper.store.columns import TABLES, Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

END_MS = 1_795_219_200_000
DAYS = 2
RANGE = TimeRange(END_MS - DAYS * DAY_MS, END_MS)
SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
_AT_ONCE = 250_000
_BODY = """multiIf(
 n = {rare:UInt64}, 'kernel xylophone panic: zebra sighted on cpu 7',
 k < 30, concat('GET /api/orders/', toString(a % 1000000), ' 200 in ', toString(b % 900), ' ms'),
 k < 45, concat('user ', toString(a % 200000), ' logged in from 10.', toString(b % 256), '.7.9'),
 k < 60, concat('cache miss for key session:', lower(hex(a)), ', loading from database'),
 k < 72, concat('payment pay_', lower(hex(b)), ' captured, customer=', toString(c % 500000)),
 k < 84, concat('job send_invoice finished in ', toString(a % 5000), 'ms, queue=mail'),
 k < 92, concat('SELECT orders took ', toString(a % 3000), ' ms, rows=', toString(b % 1000)),
 k < 97, concat('retrying inventory, attempt ', toString(1 + a % 5), ': connection timed out'),
 k < 99, concat('ValueError: invalid quantity ', toString(c % 100), ' in checkout'),
 'health check ok')"""
_FILL = f"""
INSERT INTO logs (project_id, ts, received, severity, severity_number, service, body, attributes,
                  trace_id, environment, release, host, request_id, source)
SELECT 1, at, at, multiIf(k < 92, 'info', k < 97, 'warn', k < 99, 'error', 'debug'), 9,
       ['api', 'worker', 'billing', 'web'][1 + a % 4], {_BODY},
       map('http.method', 'GET', 'customer_id', toString(c % 500000),
           'duration_ms', toString(b % 900), 'region', ['eu', 'us', 'ap'][1 + b % 3]),
       if(n % 2 = 0, lower(concat(hex(a), hex(b))), ''), 'production', 'shop@1.2',
       concat('web-', toString(a % 6)), if(n % 4 = 0, concat('req-', toString(n)), ''), 'json'
FROM (
    SELECT number + {{first:UInt64}} AS n, n % 100 AS k, cityHash64(n) AS a, cityHash64(n, 1) AS b,
           cityHash64(n, 2) AS c,
           fromUnixTimestamp64Milli({{start:Int64}} + intDiv(toInt64(n) * {{span:Int64}},
                                    {{lines:Int64}}), 'UTC') AS at
    FROM numbers({{count:UInt64}})
)
"""


def fill(columns: Columns, lines: int) -> float:
    """Make the lines; returns seconds."""
    began_s = time.perf_counter()
    for first in range(0, lines, _AT_ONCE):
        columns.execute(
            _FILL,
            {
                "first": first,
                "count": min(_AT_ONCE, lines - first),
                "rare": lines // 3,
                "start": RANGE.start_ms,
                "span": RANGE.length_ms,
                "lines": lines,
            },
        )
    return time.perf_counter() - began_s


def questions(columns: Columns, lines: int) -> dict[str, Callable[[], object]]:
    """What is asked, by name."""
    searches = LogSearches(columns, SCOPE, lambda: END_MS)
    counts, patterns = LogCounts(columns, SCOPE), LogPatterns(columns, SCOPE)
    fields = [found for name in ("level", "service", "host") if (found := field_named(name))]

    def page(query: str) -> Callable[[], object]:
        return lambda: searches.page(LogSearch(range=RANGE, node=parse_search(query))).lines

    def histogram(query: str) -> Callable[[], object]:
        return lambda: counts.histogram(RANGE, parse_search(query), buckets=60)

    customer = f"attr.customer_id:{lines // 7 % 500_000}"
    return {
        "everything": page(""),
        "rare word": page("xylophone"),
        "phrase": page('"zebra sighted on"'),
        "no match": page("qqqnothing"),
        "frequent word": page("timed"),
        "attribute": page(customer),
        "request id": page(f"request:req-{lines // 8 * 4}"),
        "word and level": page("invalid level:>=error"),
        "wildcard, rare": page("xylo*ne"),
        "histogram": histogram(""),
        "histogram of a rare word": histogram("xylophone"),
        "histogram of a frequent word": histogram("timed"),
        "facets": lambda: counts.facets(RANGE, parse_search(""), fields, limit=10),
        "facets of a search": lambda: counts.facets(RANGE, parse_search("timed"), fields, limit=10),
        "patterns": lambda: patterns.of(RANGE, parse_search(""), limit=50),
        "patterns of a search": lambda: patterns.of(RANGE, parse_search("timed"), limit=50),
        "last hour, everything": lambda: searches.page(
            LogSearch(range=TimeRange(END_MS - HOUR_MS, END_MS))
        ),
    }


def main() -> None:
    """Fill, ask, print."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    for_ever = {table.name: 5_000 for table in TABLES}
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as directory:
        columns = open_embedded(
            Path(directory) / "columns", options=EmbeddedOptions(retention_days=for_ever)
        )
        columns.migrate()
        taken_s = fill(columns, lines)
        print(f"{lines:,} lines in {taken_s:.0f} s, {lines / taken_s:,.0f}/s", flush=True)
        for size in columns.sizes():
            if size.rows and "log" in size.table:
                each = size.bytes_on_disk / lines
                print(f"{size.table}: {size.rows:,} rows, {size.parts} parts, {each:.1f} B/line")
        for name, ask in questions(columns, lines).items():
            columns.execute("SYSTEM DROP QUERY CONDITION CACHE")
            began_s = time.perf_counter()
            ask()
            print(f"{name}: {(time.perf_counter() - began_s) * 1000:.0f} ms", flush=True)
        columns.close()


if __name__ == "__main__":
    main()
