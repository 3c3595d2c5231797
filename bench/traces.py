"""How long the pages of traces take: `python -m bench.traces [spans]`.

Makes traces of 10 spans in the engine itself, asks as the pages do, and prints percentiles.
"""

from __future__ import annotations

SPANS_A_TRACE = 10
BATCH = 1_000_000

MAKE = """
INSERT INTO spans
WITH number + {first:UInt64} AS n, intDiv(n, 10) AS trace, n % 10 AS at,
     cityHash64(trace) AS seed, cityHash64(n, 7) AS own,
     toInt64({start:Int64}) + toInt64(trace * ({length:Int64} / {traces:Int64})) AS began,
     toUInt64(exp(randNormal(0, 1.7, n)) * 60000000) AS whole,
     ['web', 'shop', 'cart', 'payments', 'search', 'mail'] AS services,
     multiIf(at < 2, 0, at < 6, 1 + seed % 4, 5) AS service_at,
     arrayElement(['GET', 'GET', 'GET', 'POST', 'PUT'], 1 + seed % 5) AS verb,
     concat('/api/v1/', arrayElement(['users', 'carts', 'orders', 'items', 'search'], 1 + seed % 5),
            '/{id}/part', toString(intDiv(seed, 7) % 40)) AS path,
     at IN (3, 4, 5, 7, 8) AS is_db
SELECT {project:UInt32} AS project_id,
       fromUnixTimestamp64Nano(began + toInt64(at * intDiv(whole, 14)), 'UTC') AS ts,
       intDiv(whole, at + 1) AS duration_ns,
       toDateTime64(ts, 3, 'UTC') AS received,
       lower(leftPad(hex(seed), 32, '0')) AS trace_id,
       lower(hex(own)) AS span_id,
       if(at = 0, '', lower(hex(cityHash64(n - if(at IN (4, 5, 7, 8), at - 2, 1), 7)))) AS parent_id,
       multiIf(at = 0, concat(verb, ' ', path), is_db, statement, at IN (1, 6), concat('GET ', host),
               concat('work ', toString(at))) AS name,
       multiIf(at IN (0, 2), 'server', is_db OR at IN (1, 6), 'client', 'internal') AS kind,
       multiIf(at IN (0, 2), 'http.server', is_db, 'db', at IN (1, 6), 'http.client', '') AS op,
       if(own % 50 = 0, 'error', 'unset') AS status,
       '' AS status_message,
       arrayElement(services, 1 + service_at) AS service,
       'production' AS environment,
       'shop@1.2.3' AS release,
       concat('web-', toString(seed % 8)) AS host_,
       at IN (0, 2) AS is_entry,
       if(at IN (0, 2), path, '') AS route,
       path AS transaction,
       if(at IN (0, 1, 2, 6), verb, '') AS http_method,
       multiIf(own % 50 = 0, 500, at IN (0, 1, 2, 6), 200, 0) AS http_status,
       if(is_db, 'postgresql', '') AS db_system,
       if(is_db, concat('SELECT * FROM t', toString(own % 300), ' WHERE id = ?'), '') AS statement,
       concat('user-', toString(seed % 10000)) AS user_key,
       '' AS session_id,
       map('server.address', host, 'thread.id', toString(own % 16),
           'url.path', concat('/api/', toString(own % 5000)), 'net.peer.port', '5432',
           'code.function', concat('f', toString(own % 90)), 'k8s.pod', toString(seed % 8)
       ) AS attributes,
       '' AS events, '' AS links, 'otlp' AS source
FROM (SELECT number, concat('svc', toString(number % 7), '.internal') AS host FROM numbers({count:UInt64}))
"""
