"""Search over many lines: `python -m bench.logs [--lines N] [--data-dir DIRECTORY]`.

Makes lines inside the engine (twelve kinds of text, ids and numbers in most), once if a directory
is named, then asks what people ask, each question with cold caches of conditions. Prints
milliseconds of wall and CPU at the median, bytes a line on disk, and a bar for each: of CPU, which
other work on the machine disturbs less, and which is more than the wall where two cores are free.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Bar, publish
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
LIMIT_MS = 1_000.0
_TURNS = 3
_LONGEST_S = 300.0
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
        "rare wildcard": page("xylo*ne"),
        "rare, inside a word": page("*ylophon*"),
        "frequent, inside a word": page("*nvent*"),
        "none, inside a word": page("*qqqnothing*"),
        "rare body": page("body:bra_sigh"),
        "digits, inside a number": page("*4711037*"),
        "last hour, everything": lambda: searches.page(
            LogSearch(range=TimeRange(END_MS - HOUR_MS, END_MS))
        ),
        "histogram": histogram(""),
        "histogram of a rare word": histogram("xylophone"),
        "histogram of a frequent word": histogram("timed"),
        "facets": lambda: counts.facets(RANGE, parse_search(""), fields, limit=10),
        "facets of a search": lambda: counts.facets(RANGE, parse_search("timed"), fields, limit=10),
        "patterns": lambda: patterns.of(RANGE, parse_search(""), limit=50),
        "patterns of a search": lambda: patterns.of(RANGE, parse_search("timed"), limit=50),
    }


def asked(columns: Columns, ask: Callable[[], object]) -> tuple[float, float]:
    """Median ms of wall and of CPU."""
    walls, spent = [], []
    for _ in range(_TURNS):
        columns.execute("SYSTEM DROP QUERY CONDITION CACHE")
        began_s, cpu_s = time.perf_counter(), _cpu_s()
        ask()
        walls.append((time.perf_counter() - began_s) * 1_000)
        spent.append((_cpu_s() - cpu_s) * 1_000)
    return statistics.median(walls), statistics.median(spent)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def stored(columns: Columns) -> dict[str, int]:
    """Lines, and bytes on disk of them and of what is kept beside them."""
    found = {size.table: size for size in columns.sizes() if size.table.startswith("log")}
    return {
        "lines": found["logs"].rows if "logs" in found else 0,
        "bytes": sum(size.bytes_on_disk for size in found.values()),
    }


def measure(directory: Path, lines: int) -> None:
    """Fill if need be, ask, print."""
    for_ever = {table.name: 5_000 for table in TABLES}
    options = EmbeddedOptions(retention_days=for_ever, query_time_s=_LONGEST_S)
    columns = open_embedded(directory / "columns", options=options)
    columns.migrate()
    if stored(columns)["lines"] == 0:
        taken_s = fill(columns, lines)
        print(f"{lines:,} lines in {taken_s:.0f} s, {lines / taken_s:,.0f}/s", flush=True)
    kept = stored(columns)
    print(f"{kept['lines']:,} lines, {kept['bytes'] / kept['lines']:.1f} B/line on disk")
    figures: dict[str, dict[str, float]] = {}
    for name, ask in questions(columns, kept["lines"]).items():
        wall_ms, cpu_ms = asked(columns, ask)
        figures[name] = {"wall_ms": round(wall_ms, 1), "cpu_ms": round(cpu_ms, 1)}
        print(f"{name}: {wall_ms:.0f} ms, {cpu_ms:.0f} of CPU", flush=True)
    columns.close()
    bars = [
        Bar(
            name=f"log_search_cpu_ms: {name}",
            figure=each["cpu_ms"],
            unit="ms",
            limit=LIMIT_MS,
            better="lower",
        )
        for name, each in figures.items()
    ]
    publish("logs", {"stored": kept, "asked": figures}, bars)


def main() -> None:
    """Measure in a directory of its own, or in the one that is named."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=50_000_000)
    arguments.add_argument("--data-dir", type=Path, help="kept, and filled only once; some GB")
    given = arguments.parse_args()
    if given.data_dir:
        measure(given.data_dir, given.lines)
        return
    with tempfile.TemporaryDirectory() as directory:
        measure(Path(directory), given.lines)


if __name__ == "__main__":
    main()
