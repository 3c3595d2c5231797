"""What each page asks, as `web/src/api` does: routes, windows, and what varies each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS

WINDOWS = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS}
_USUAL = ("1h", "24h", "7d")
_ERRORS = ("24h", "7d", "30d")
_STEP_MS = 7 * MINUTE_MS
_NO_WINDOW = ("",)

Query = Mapping[str, str | int | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One route as one page asks it. path: below /api/wk, with {id} where `ids` take turns.

    queries: take turns too. windows: of WINDOWS; empty where the route takes none.
    """

    name: str
    path: str
    windows: Sequence[str] = _USUAL
    queries: Sequence[Query] = field(default_factory=lambda: ({},))
    ids: Sequence[str] = ("",)

    def request(self, turn: int, window: str, end_ms: int) -> tuple[str, Query]:
        """Path and query of the turn: each ends a little earlier than the one before."""
        query = dict(self.queries[turn % len(self.queries)])
        if window:
            end_ms -= turn * _STEP_MS
            query |= {"from": end_ms - WINDOWS[window], "to": end_ms}
        return self.path.replace("{id}", self.ids[turn % len(self.ids)]), query


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Ids that the pages' rows lead to."""

    project: str
    org: str
    issues: Sequence[str]
    events: Sequence[str]
    traces: Sequence[str]
    spans: Sequence[str]
    lines: Sequence[str]
    profiles: Sequence[str]
    releases: Sequence[str]
    log_traces: Sequence[str]


def asks_of(known: Known) -> list[Ask]:
    """Everything that is asked."""
    return [
        *_issue_lists(known),
        *_issue_parts(known),
        *_errors(known),
        *_log_searches(known),
        *_logs(known),
        *_traces(known),
        *_performance(known),
        *_rest(known),
    ]


def _each(name: str, *values: str | int, **more: str | int) -> list[Query]:
    return [{name: value, **more} for value in values]


def _issue_lists(known: Known) -> list[Ask]:
    at = f"/projects/{known.project}"
    page = {"limit": 50}

    def listed(name: str, *queries: Query) -> Ask:
        asked = [{**page, "q": "is:unresolved", **query} for query in queries]
        return Ask(name=f"issues, {name}", path=f"{at}/issues", windows=_ERRORS, queries=asked)

    return [
        listed("unresolved", {"sort": "last_seen"}, {"sort": "first_seen"}),
        listed("by events", {"sort": "events"}),
        listed("by users", {"sort": "users"}),
        listed("resolved", {"q": "is:resolved"}, {"q": "is:ignored"}, {"q": ""}),
        listed("new", {"q": "first_seen:-24h", "sort": "first_seen"}),
        listed("environment", {"env": "production"}, {"env": "staging"}),
        listed("release", {"release": "shop@2.39.0"}, {"release": "shop@2.30.0"}),
        listed("severity", {"q": "severity:high is:unresolved"}),
        listed("words", {"q": "orders is:unresolved"}, {"q": "TimeoutError is:unresolved"}),
        listed("tag", {"q": "region:eu is:unresolved"}, {"q": "os.name:Linux is:unresolved"}),
        listed("rare tag", {"q": "customer:17 is:unresolved"}, {"q": "customer:401 is:unresolved"}),
        listed("user", {"q": "user.id:4711 is:unresolved"}, {"q": "user.id:12 is:unresolved"}),
    ]


def _issue_parts(known: Known) -> list[Ask]:
    at = f"/projects/{known.project}"

    def part(name: str, rest: str, *queries: Query, windows: Sequence[str] = _ERRORS) -> Ask:
        return Ask(
            name=f"issue, {name}",
            path=f"{at}/issues/{{id}}{rest}",
            windows=windows,
            queries=queries or ({},),
            ids=known.issues,
        )

    return [
        part("detail", ""),
        part("facts", "/facts", windows=_NO_WINDOW),
        part("similar", "/similar", windows=_NO_WINDOW),
        part("merged", "/merged", windows=_NO_WINDOW),
        part("comments", "/comments", windows=_NO_WINDOW),
        part("events", "/events"),
        part("events of a search", "/events", {"q": "region:eu"}, {"q": "customer:17"}),
        part("tag", "/tags/os.name"),
        part("tag of many values", "/tags/customer"),
        part("newest event", "/events/latest", windows=_NO_WINDOW),
        part("oldest event", "/events/oldest", windows=_NO_WINDOW),
        part("suspects", "/events/latest/suspects", windows=_NO_WINDOW),
        part("why", "/why", windows=_NO_WINDOW),
        Ask(
            name="event, attachments",
            path=f"{at}/events/{{id}}/attachments",
            windows=_NO_WINDOW,
            ids=known.events,
        ),
    ]


def _errors(known: Known) -> list[Ask]:
    at = f"/projects/{known.project}"
    groups = _each("by", "type", "endpoint", "user", "function", buckets=48, tag="")
    return [
        Ask(
            name="error summary",
            path=f"{at}/errors/summary",
            windows=_ERRORS,
            queries=[{"buckets": 48}, {"buckets": 48, "env": "production"}],
        ),
        Ask(name="error groups", path=f"{at}/errors/groups", windows=_ERRORS, queries=groups),
        Ask(
            name="error groups by feature",
            path=f"{at}/errors/groups",
            windows=_ERRORS,
            queries=[{"by": "feature", "tag": "feature", "buckets": 48}],
        ),
        Ask(
            name="issue search, completion",
            path=f"{at}/issue-search/complete",
            windows=_ERRORS,
            queries=_each("q", "os.name:", "customer:", "release:", "user.id:1", "env"),
        ),
        Ask(name="issue searches", path=f"{at}/issue-searches", windows=_NO_WINDOW),
        Ask(
            name="releases",
            path=f"{at}/releases",
            windows=_ERRORS,
            queries=[{"limit": 50}, {"limit": 50, "env": "production"}],
        ),
        Ask(name="release", path=f"{at}/releases/{{id}}", windows=_ERRORS, ids=known.releases),
        Ask(name="deploys", path=f"{at}/deploys", windows=_ERRORS),
    ]


def _log_searches(known: Known) -> list[Ask]:
    at = f"/projects/{known.project}"
    services = [f"service:svc{number}" for number in (0, 3, 8, 15)]
    searches: dict[str, list[str]] = {
        "everything": [""],
        "service": services,
        "level": ["level:error", "level:>=warn"],
        "frequent word": ["timed", "payment", "inventory"],
        "rare word": [f"req{n}x" for n in range(5)],
        "attribute": [f"attr.customer_id:{n}" for n in (17, 4711, 300_001)],
        "frequent attribute": ["attr.region:eu", "attr.thread:worker-3"],
        "service and words": [f"{one} timed" for one in services],
    }
    found = []
    for name, texts in searches.items():
        found += [
            Ask(name=f"logs, {name}", path=f"{at}/logs", queries=_each("q", *texts, limit=200)),
            Ask(
                name=f"log histogram, {name}",
                path=f"{at}/logs/histogram",
                queries=_each("q", *texts, buckets=96),
            ),
            Ask(
                name=f"log facets, {name}",
                path=f"{at}/logs/facets",
                queries=_each("q", *texts, limit=8),
            ),
        ]
    return found


def _logs(known: Known) -> list[Ask]:
    at = f"/projects/{known.project}"
    patterns = _each("q", "", "service:svc0", "service:svc8", "level:error", limit=200)
    return [
        Ask(name="log patterns", path=f"{at}/logs/patterns", queries=patterns),
        Ask(
            name="log patterns of words",
            path=f"{at}/logs/patterns",
            queries=_each("q", "timed", "payment", limit=200),
        ),
        Ask(
            name="log line",
            path=f"{at}/logs/lines/{{id}}",
            windows=_NO_WINDOW,
            ids=known.lines,
        ),
        Ask(
            name="log context",
            path=f"{at}/logs/lines/{{id}}/context",
            windows=_NO_WINDOW,
            ids=known.lines,
            queries=[{"before": 20, "after": 20, "by": ["service", "host"]}],
        ),
        Ask(
            name="logs of a trace",
            path=f"{at}/logs",
            windows=("7d",),
            queries=_each("q", *(f"trace:{id_}" for id_ in known.log_traces), order="oldest"),
        ),
        Ask(
            name="log completion",
            path=f"{at}/logs/completion",
            queries=_each("q", "service:", "attr.region:", "attr.", "le"),
        ),
        Ask(name="log queries", path=f"{at}/logs/queries", windows=_NO_WINDOW),
    ]


def _traces(known: Known) -> list[Ask]:
    at = f"/projects/{known.project}"
    searches: dict[str, list[str]] = {
        "everything": [""],
        "service": ["service:shop", "service:mail", "service:payments"],
        "slow statements": ["op:db duration:>500ms", "op:db duration:>300ms"],
        "errors": ["status:error", "service:cart status:error", "trace.errors:>0"],
        "route": ["route:/api/shop/carts/{id}", "route:/api/web/users/{id}"],
        "frequent attribute": ["attr.thread.id:3", "attr.thread.id:11"],
        "rare attribute": ["attr.url.path:/api/4711", "attr.url.path:/api/17"],
        "words": ["render", "deadline", "inventory_stock"],
        "user": ["user:id:4711", "user:id:31"],
    }
    found = []
    for name, texts in searches.items():
        for sort in ("newest", "slowest"):
            queries = _each("q", *texts, sort=sort, limit=50)
            found.append(Ask(name=f"traces {sort}, {name}", path=f"{at}/traces", queries=queries))
        queries = _each("q", *texts)
        found.append(
            Ask(name=f"trace overview, {name}", path=f"{at}/traces/overview", queries=queries)
        )
    bounded: list[Query] = [
        {"q": "", "min_ms": 500, "sort": "newest", "limit": 50},
        {"q": "", "min_ms": 100, "max_ms": 300, "sort": "newest", "limit": 50},
        {"q": "", "env": "staging", "sort": "newest", "limit": 50},
        {"q": "", "release": "shop@2.19.0", "sort": "slowest", "limit": 50},
    ]
    values = _each("field", "service", "route", "attr.k8s.pod.name", "name", prefix="", limit=20)
    return [
        *found,
        Ask(name="traces, bounds", path=f"{at}/traces", queries=bounded),
        Ask(
            name="one trace",
            path=f"{at}/traces/{{id}}",
            windows=_NO_WINDOW,
            ids=known.traces,
            queries=[{"adjust_skew": "true"}],
        ),
        Ask(name="one span", path=f"{at}/traces/{{id}}", windows=_NO_WINDOW, ids=known.spans),
        Ask(name="trace of any project", path="/traces/{id}", windows=_NO_WINDOW, ids=known.traces),
        Ask(name="trace fields", path=f"{at}/traces/fields"),
        Ask(name="trace values", path=f"{at}/traces/values", queries=values),
    ]


def _performance(known: Known) -> list[Ask]:
    at = f"/projects/{known.project}/performance"
    some: list[Query] = [{"limit": 200}, {"limit": 200, "env": "production"}]
    served: list[Query] = [*some, {"limit": 200, "service": "shop"}, {"limit": 200, "q": "cart"}]
    endpoint = {"category": "entry", "service": "shop", "name": "/api/shop/carts/{id}"}
    return [
        Ask(name="endpoints", path=f"{at}/endpoints", queries=served),
        Ask(name="statements", path=f"{at}/statements", queries=[*some, {"q": "cart"}]),
        Ask(name="dependencies", path=f"{at}/dependencies", queries=some),
        Ask(name="problems", path=f"{at}/problems", queries=[{"limit": 100}]),
        Ask(name="slow queries", path=f"{at}/slow-queries", queries=[{"limit": 100}]),
        Ask(name="service map", path=f"{at}/map", queries=[{}, {"env": "production"}]),
        Ask(name="series of all", path=f"{at}/series", queries=[{"category": "entry"}]),
        Ask(name="series of an endpoint", path=f"{at}/series", queries=[endpoint]),
        Ask(name="budget", path=f"{at}/budget", windows=_NO_WINDOW),
    ]


def _rest(known: Known) -> list[Ask]:
    at, org = f"/projects/{known.project}", f"/orgs/{known.org}"
    plain = ("alerts", "rules", "deliveries", "channels", "targets", "setup", "retention", "keys")
    return [
        Ask(name="profiles", path=f"{at}/profiles", queries=[{"limit": 100}]),
        Ask(name="profiles as a flame", path=f"{at}/profiles/flame"),
        Ask(
            name="one profile",
            path=f"{at}/profiles/{{id}}",
            windows=_NO_WINDOW,
            ids=known.profiles,
        ),
        Ask(name="home", path=f"{at}/home", queries=[{}, {"env": "production"}]),
        Ask(name="alert history", path=f"{at}/alert-history"),
        Ask(name="metrics", path=f"{at}/metrics", windows=_NO_WINDOW),
        Ask(name="cardinality", path=f"{at}/cardinality", windows=_NO_WINDOW),
        Ask(name="data health", path=f"{org}/data-health", windows=_NO_WINDOW),
        Ask(name="members", path=f"{org}/members", windows=_NO_WINDOW),
        *(Ask(name=name, path=f"{at}/{name}", windows=_NO_WINDOW) for name in plain),
    ]
