"""SQL and payloads of the rows that bench/page_data.py makes. Times: a day's ebb and flow."""

from __future__ import annotations

import json

_NS = 1_000_000


def _at(number: str, total: str, start: str = "start", length: str = "length") -> str:
    """Unix ms of row `number` of `total`: the rate swings by a half about its mean each day."""
    linear = f"({number} / {total}) * {{{length}:Int64}}"
    return f"{{{start}:Int64}} + {linear} + 6900000 * sin(2 * pi() * {linear} / 86400000)"


def _hex(first: str, second: str) -> str:
    """32 hex digits of two UInt64."""
    return f"lower(concat(leftPad(hex({first}), 16, '0'), leftPad(hex({second}), 16, '0')))"


def _trace_id(seed: str) -> str:
    return _hex(seed, f"cityHash64({seed}, 1)")


def _trace_seed(now_ms: str) -> str:
    """Seed of a trace that began about then; 0 before the first."""
    share = f"({now_ms} - {{trace_start:Int64}}) / {{trace_length:Int64}}"
    return f"if({share} < 0, 0, cityHash64(toUInt64(greatest({share}, 0) * {{traces:UInt64}})))"


_SERVICES = (
    "['gateway', 'web', 'shop', 'cart', 'orders', 'payments', 'search', 'catalog', "
    "'inventory', 'mail', 'users', 'reports']"
)
_WORDS = (
    "['users', 'carts', 'orders', 'items', 'search', 'invoices', 'refunds', 'sessions', "
    "'stock', 'letters', 'prices', 'reviews', 'brands', 'coupons', 'shipments']"
)
_ENVIRONMENT = "multiIf({0} % 100 < 85, 'production', {0} % 100 < 97, 'staging', 'development')"

# A span's place `at` in its trace: groups of five are one service's work (entry, call of the next
# service, two statements, own work); group g is called by group (g - 1) / 3. From 50 on, one
# statement again and again.
SPANS_SQL = f"""
INSERT INTO spans (project_id, ts, duration_ns, received, trace_id, span_id, parent_id, name, kind,
    op, status, status_message, service, environment, release, host, is_entry, route, transaction,
    http_method, http_status, db_system, statement, user_key, session_id, attributes, events, links,
    source)
WITH intDiv(at, 5) AS hop, at % 5 AS part, at >= 50 AS again,
     if(again, 0, hop) AS group_at,
     cityHash64(seed, at) AS own,
     1 + (group_at + multiIf(seed % 10 < 6, 0, seed % 10 < 9, 1, 4)) % 12 AS service_at,
     1 + (hop * 3 + 1 + seed % 3 + multiIf(seed % 10 < 6, 0, seed % 10 < 9, 1, 4)) % 12 AS next_at,
     arrayElement({_SERVICES}, service_at) AS named,
     toUInt64(25 * pow((cityHash64(seed, service_at) % 1000) / 1000, 2.5)) AS route_at,
     arrayElement(['GET', 'GET', 'GET', 'POST', 'PUT'], 1 + (route_at + service_at) % 5) AS verb,
     concat('/api/', named, '/', arrayElement({_WORDS}, 1 + route_at % 15), '/{{id}}',
            if(route_at >= 15, '/parts', '')) AS path,
     again OR part IN (2, 3) AS is_db,
     not again AND part = 0 AS entry,
     not again AND part = 1 AS calls,
     own % (if(route_at = 3, 12, 90)) = 0 AS failed,
     toUInt64(33 * pow((if(again, seed, own) % 997) / 997, 2)) AS statement_at,
     concat(arrayElement({_SERVICES}, next_at), '.internal') AS next_host
SELECT {{project:UInt32}},
       fromUnixTimestamp64Nano(began + toInt64(at * intDiv(whole, size + 4)), 'UTC') AS ts,
       multiIf(own % 100 = 0, whole, is_db, intDiv(whole, 8 + 2 * size + own % 30),
               intDiv(whole, hop + part + 1)),
       fromUnixTimestamp64Milli(intDiv(began, {_NS}) + 1500, 'UTC'),
       {_trace_id("seed")}, leftPad(lower(hex(own)), 16, '0'),
       if(at = 0, '', leftPad(lower(hex(cityHash64(seed, multiIf(
           again, 0, part = 0, 5 * intDiv(hop - 1, 3) + 1, 5 * hop)))), 16, '0')),
       multiIf(entry, concat(verb, ' ', path), is_db, concat('SELECT ', named),
               calls, concat('GET ', next_host), concat('render ', named)),
       multiIf(entry, 'server', is_db OR calls, 'client', 'internal'),
       multiIf(entry, 'http.server', is_db, 'db', calls, 'http.client', ''),
       if(failed, 'error', 'unset'), if(failed, 'deadline exceeded', ''), named,
       {_ENVIRONMENT.format("seed")},
       concat('shop@2.', toString(toUInt64(trace * 20 / {{total:UInt64}})), '.0'),
       concat(named, '-', toString(seed % 6)), entry, if(entry, path, ''), path,
       if(entry OR calls, verb, ''), multiIf(failed, 500, entry OR calls, 200, 0),
       if(is_db, 'postgresql', ''),
       if(is_db, concat('SELECT * FROM ', named, '_', arrayElement({_WORDS}, 1 + statement_at % 15),
                        ' WHERE k', toString(intDiv(statement_at, 15)), ' = ?'), ''),
       concat('id:', toString(toUInt64(50000 * pow((seed % 9973) / 9973, 3)))), '',
       map('server.address', if(calls, next_host, 'db.internal'),
           'thread.id', toString(own % 16), 'url.path', concat('/api/', toString(own % 5000)),
           'net.peer.port', '5432', 'code.function', concat('f', toString(own % 90)),
           'k8s.pod.name', concat(named, '-', toString(seed % 6))),
       '', '', 'otlp'
FROM (
    SELECT trace, seed, arrayJoin(range(size)) AS at, size, whole,
           toInt64(({_at("trace", "{total:UInt64}")}) * {_NS}) + toInt64(seed % {_NS}) AS began
    FROM (
        SELECT number + {{first:UInt64}} AS trace, cityHash64(trace) AS seed,
               multiIf(seed % 100 < 30, 2, seed % 100 < 70, 6, seed % 100 < 95, 14,
                       seed % 100 < 99, 40, 150) AS size,
               toUInt64(exp(randNormal(0, 1.1, trace)) * 60000000 * (1 + seed % 7)) AS whole
        FROM numbers({{count:UInt64}})
    )
)
"""

_BODY = """multiIf(
 k < 30, concat('GET /api/orders/', toString(a % 1000000), ' 200 in ', toString(b % 900), ' ms'),
 k < 45, concat('user ', toString(a % 200000), ' logged in from 10.', toString(b % 256), '.7.9'),
 k < 60, concat('cache miss for key session:', lower(hex(a)), ', loading from database'),
 k < 72, concat('payment pay_', lower(hex(b)), ' captured, customer=', toString(c % 500000)),
 k < 84, concat('job send_invoice finished in ', toString(a % 5000), 'ms, queue=mail'),
 k < 90, concat('SELECT orders took ', toString(a % 3000), ' ms, rows=', toString(b % 1000)),
 k < 93, concat('feature ', arrayElement(['alpha', 'bravo', 'delta'], 1 + a % 3), ' evaluated for ',
                arrayElement(['web', 'ios', 'android'], 1 + b % 3), ' step ', toString(c % 40)),
 k < 97, concat('retrying inventory, attempt ', toString(1 + a % 5), ': connection timed out'),
 k < 99, concat('ValueError: invalid quantity ', toString(c % 100), ' in checkout'),
 'health check ok')"""

LOGS_SQL = f"""
INSERT INTO logs (project_id, ts, received, nanos, severity, severity_number, service, body,
                  attributes, trace_id, span_id, environment, release, host, request_id, user_key,
                  session_id, source)
WITH multiIf(k < 84, 9, k < 92, 5, k < 97, 13, k < 99, 17, 9) AS level,
     {_trace_seed("toUnixTimestamp64Milli(at)")} AS seed,
     concat('svc', toString(toUInt64(20 * pow((a % 1009) / 1009, 2)))) AS named
SELECT {{project:UInt32}}, at, at, toUInt32(c % 1000000),
       multiIf(level = 5, 'debug', level = 9, 'info', level = 13, 'warn', 'error'), level, named,
       {_BODY},
       map('http.method', 'GET', 'customer_id', toString(c % 500000),
           'duration_ms', toString(b % 900), 'region', arrayElement(['eu', 'us', 'ap'], 1 + b % 3),
           'thread', concat('worker-', toString(a % 16))),
       if(n % 2 = 0, {_trace_id("seed")}, ''),
       if(n % 2 = 0, leftPad(lower(hex(cityHash64(seed, 0))), 16, '0'), ''),
       {_ENVIRONMENT.format("a")},
       concat('shop@2.', toString(10 + toUInt64(n * 10 / {{total:UInt64}})), '.0'),
       concat(named, '-', toString(b % 3)), if(n % 4 = 0, concat('req-', toString(n)), ''), '', '',
       'otlp'
FROM (
    SELECT number + {{first:UInt64}} AS n, cityHash64(n, 4) % 100 AS k, cityHash64(n) AS a,
           cityHash64(n, 1) AS b, cityHash64(n, 2) AS c,
           fromUnixTimestamp64Milli(toInt64({_at("n", "{total:UInt64}")}), 'UTC') AS at
    FROM numbers({{count:UInt64}})
)
"""

_TYPES = (
    "['ValueError', 'KeyError', 'TypeError', 'TimeoutError', 'IntegrityError', 'HTTPError', "
    "'ConnectionResetError', 'ReferenceError', 'ValidationError', 'OutOfStock']"
)
_MARKS = (
    ("@EVENT@", "event"),
    ("@TIME@", "toString(intDiv(at_ms, 1000))"),
    ("@TYPE@", "kind"),
    ("@VALUE@", "said"),
    ("@FUNCTION@", "fn"),
    ("@USER@", "person"),
    ("@TRACE@", "trace"),
    ("@RELEASE@", "version"),
    ("@ENVIRONMENT@", "env"),
    ("@PATH@", "path"),
)


def _written() -> str:
    """The payload's template with its marks filled in."""
    text = "arrayElement({payloads:Array(String)}, 1 + issue % 2)"
    for mark, value in _MARKS:
        text = f"replaceAll({text}, '{mark}', {value})"
    return text


ERRORS_SQL = f"""
INSERT INTO errors (project_id, grouping_hash, ts, received, event_id, level, type, value, culprit,
    transaction, platform, environment, release, server_name, user_key, trace_id, span_id, handled,
    tags, payload, url, function, functions, user_email, user_name, user_ip)
WITH cityHash64(issue, 'issue') AS h, {_hex("a", "b")} AS event,
     arrayElement({_TYPES}, 1 + h % 10) AS kind,
     concat('cannot handle ', arrayElement({_WORDS}, 1 + intDiv(h, 10) % 15), ' of ',
            toString(b % 5000)) AS said,
     concat('handle_', toString(issue)) AS fn,
     concat('/api/shop/', arrayElement({_WORDS}, 1 + intDiv(h, 150) % 15), '/{{id}}') AS path,
     toString(toUInt64(50000 * pow((b % 9973) / 9973, 3))) AS person,
     toUInt64(n * 40 / {{total:UInt64}}) AS built,
     concat('shop@2.', toString(if(a % 10 < 3 AND built > 0, built - 1, built)), '.0') AS version,
     {_ENVIRONMENT.format("b")} AS env,
     {_trace_seed("at_ms")} AS seed,
     if(seed = 0, '', {_trace_id("seed")}) AS trace,
     fromUnixTimestamp64Milli(at_ms, 'UTC') AS at
SELECT {{project:UInt32}}, h, at, at, event,
       multiIf(h % 50 = 0, 'fatal', h % 50 < 9, 'warning', h % 50 < 11, 'info', 'error'),
       kind, said, concat('shop.', arrayElement({_WORDS}, 1 + h % 15), ' in ', fn), path,
       if(issue % 2 = 0, 'python', 'javascript'), env, version,
       concat('shop-', toString(a % 12)), concat('id:', person), trace,
       if(seed = 0, '', leftPad(lower(hex(cityHash64(seed, 0))), 16, '0')), h % 3 = 0,
       map('browser.name', arrayElement(['Chrome', 'Firefox', 'Safari', 'Edge'], 1 + b % 4),
           'browser', concat('Chrome 1', toString(b % 40)),
           'os.name', arrayElement(['Windows', 'macOS', 'Linux', 'iOS'], 1 + intDiv(b, 4) % 4),
           'feature', arrayElement({_WORDS}, 1 + h % 15),
           'region', arrayElement(['eu', 'us', 'ap'], 1 + a % 3),
           'customer', toString(b % 500), 'handled', if(h % 3 = 0, 'yes', 'no')),
       {_written()},
       concat('https://shop.example.com', path), fn,
       concat('\\n', fn, '\\ndispatch\\nrun\\n'), concat('u', person, '@example.com'),
       concat('u', person), concat('10.0.', toString(b % 256), '.', toString(a % 256))
FROM (
    SELECT number + {{first:UInt64}} AS n, cityHash64(n, 'event') AS a, cityHash64(n, 'more') AS b,
           toInt64({_at("n", "{total:UInt64}")}) AS at_ms,
           toUInt64({{issues:UInt64}} * pow((a % 1000003) / 1000003, 4)) AS drawn,
           (cityHash64(drawn, 'born') % 100) / 100 AS born,
           drawn % 3 = 1 AND n / {{total:UInt64}} < born AS early,
           if(early, intDiv(drawn, 3) * 3, drawn) AS issue
    FROM numbers({{count:UInt64}})
)
"""

PROFILES_SQL = f"""
INSERT INTO profiles (project_id, ts, received, duration_ns, profile_id, profiler_id, trace_id,
    span_id, transaction, platform, service, environment, release, host, format, payload)
WITH cityHash64(n) AS a, {_trace_seed("at_ms")} AS seed,
     arrayElement({_SERVICES}, 1 + a % 12) AS named
SELECT {{project:UInt32}}, fromUnixTimestamp64Milli(at_ms, 'UTC'),
       fromUnixTimestamp64Milli(at_ms, 'UTC'), 100000000 + a % 900000000,
       {_trace_id("a")}, '', {_trace_id("seed")}, leftPad(lower(hex(cityHash64(seed, 0))), 16, '0'),
       concat('/api/', named, '/', arrayElement({_WORDS}, 1 + a % 3), '/{{id}}'), 'python', named,
       'production', 'shop@2.19.0', concat(named, '-0'), 'sentry-1', {{profile:String}}
FROM (
    SELECT number + {{first:UInt64}} AS n, toInt64({_at("n", "{total:UInt64}")}) AS at_ms
    FROM numbers({{count:UInt64}})
)
"""


def _frame(function: str, module: str, line: int, *, own: bool) -> dict[str, object]:
    return {
        "function": function,
        "module": module,
        "filename": module.replace(".", "/") + ".py",
        "abs_path": "/srv/app/" + module.replace(".", "/") + ".py",
        "lineno": line,
        "in_app": own,
        "pre_context": ["    for item in items:", "        if not item:", "            continue"],
        "context_line": f"        return {function}(item, retry=True)",
        "post_context": ["", "    return total", ""],
        "vars": {"item": {"id": 7, "name": "'lamp'"}, "retry": "True", "self": "<Shop object>"},
    }


def _payload(platform: str) -> str:
    frames = [_frame(f"call_{n}", "django.core.handlers", 40 + n, own=False) for n in range(6)]
    frames += [_frame("dispatch", "shop.views", 81, own=True)]
    frames += [_frame("@FUNCTION@", "shop.handlers", 17, own=True)]
    crumbs = [
        {"timestamp": 1_700_000_000 + n, "category": "query", "message": f"SELECT {n} FROM items"}
        for n in range(10)
    ]
    return json.dumps(
        {
            "event_id": "@EVENT@",
            "timestamp": "@TIME@",
            "platform": platform,
            "level": "error",
            "release": "@RELEASE@",
            "environment": "@ENVIRONMENT@",
            "transaction": "@PATH@",
            "exception": {
                "values": [{"type": "@TYPE@", "value": "@VALUE@", "stacktrace": {"frames": frames}}]
            },
            "breadcrumbs": {"values": crumbs},
            "user": {"id": "@USER@", "email": "u@USER@@example.com"},
            "request": {"url": "https://shop.example.com@PATH@", "method": "GET"},
            "contexts": {
                "trace": {"trace_id": "@TRACE@"},
                "runtime": {"name": "CPython", "version": "3.11"},
            },
            "sdk": {"name": "sentry.python", "version": "2.75.0"},
        }
    ).replace('"@TIME@"', "@TIME@")


PAYLOADS = [_payload("python"), _payload("javascript")]
"""Templates of events."""


def _profile() -> str:
    frames = [
        {"function": f"step_{n}", "module": "shop.work", "lineno": n, "in_app": n % 3 == 0}
        for n in range(60)
    ]
    stacks = [[(n * 7 + depth) % 60 for depth in range(2 + n % 14)] for n in range(40)]
    samples = [
        {"stack_id": n * n % 40, "thread_id": "1", "elapsed_since_start_ns": str(n * 10_101_010)}
        for n in range(100)
    ]
    return json.dumps(
        {
            "version": "1",
            "platform": "python",
            "transaction": {"name": "/api", "active_thread_id": "1"},
            "profile": {"frames": frames, "stacks": stacks, "samples": samples},
        }
    )


PROFILE = _profile()
"""One profile: 100 samples of 40 stacks."""
