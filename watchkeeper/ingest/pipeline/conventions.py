"""OpenTelemetry's semantic conventions, old and new names, as fields of a span. Pure.

Source: semantic-conventions 1.38 and the names that earlier ones had.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

ENTRY_KINDS = frozenset({"server", "consumer"})

SERVICE = ("service.name",)
ENVIRONMENT = ("deployment.environment.name", "deployment.environment")
SESSION = ("session.id",)
USER = ("user.id", "enduser.id")
ROUTE = ("http.route", "url.template")
HTTP_METHOD = ("http.request.method", "http.method")
HTTP_STATUS = ("http.response.status_code", "http.status_code")
HTTP_PATH = ("url.path", "http.target")
HTTP_URL = ("url.full", "http.url")
DB_SYSTEM = ("db.system.name", "db.system")
STATEMENT = ("db.query.text", "db.statement")
QUEUE = ("messaging.destination.template", "messaging.destination.name", "messaging.destination")
QUEUE_OPERATION = ("messaging.operation.type", "messaging.operation", "messaging.operation.name")
_RPC_STATUS = ("rpc.response.status_code", "rpc.grpc.status_code")
_RPC_SYSTEM = ("rpc.system.name", "rpc.system")

_CACHES = frozenset({"redis", "valkey", "memcached"})
_PAGE_NAMES = {
    "documentLoad": "pageload",
    "documentFetch": "resource.document",
    "resourceFetch": "resource",
}
"""Spans of OpenTelemetry's instrumentation of browsers, which have fixed names."""
_QUEUE_OPS = {
    "publish": "queue.publish",
    "send": "queue.publish",
    "create": "queue.publish",
    "receive": "queue.receive",
    "process": "queue.process",
    "deliver": "queue.process",
    "settle": "queue.settle",
}
_KIND_OPS = {"producer": "queue.publish", "consumer": "queue.process"}
_OP_KINDS = (
    ("http.server", "server"),
    ("websocket.server", "server"),
    ("grpc.server", "server"),
    ("rpc.server", "server"),
    ("http.client", "client"),
    ("grpc.client", "client"),
    ("rpc.client", "client"),
    ("http.graphql", "client"),
    ("db", "client"),
    ("cache", "client"),
    ("queue.publish", "producer"),
    ("queue.submit", "producer"),
    ("queue", "consumer"),
    ("faas", "server"),
    ("function", "server"),
)
_SERVER_RPC_FAILURES = frozenset({
    "2", "4", "12", "13", "14", "15",
    "UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
})  # fmt: skip
_RPC_SUCCESS = frozenset({"", "0", "OK"})


def first(attributes: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The first of these attributes that is there and not empty; empty if none is."""
    for name in names:
        value = attributes.get(name)
        if value:
            return value
    return ""


def taken(attributes: MutableMapping[str, str], names: tuple[str, ...]) -> str:
    """`first`, and none of them stays."""
    found = ""
    for name in names:
        value = attributes.pop(name, "")
        found = found or value
    return found


def kind_of_op(op: str) -> str:
    """A span's kind where only Sentry's op is sent: `db.sql.query` is a client's."""
    for start, kind in _OP_KINDS:
        if op.startswith(start) and op[len(start) : len(start) + 1] in {"", "."}:
            return kind
    return "internal"


def op_of(attributes: Mapping[str, str], *, kind: str, db_system: str, name: str) -> str:
    """What sort of work a span is, in Sentry's words; empty if nothing tells."""
    if db_system:
        return f"db.{db_system}" if db_system in _CACHES else "db"
    if first(attributes, HTTP_METHOD):
        return f"http.{kind}" if kind in {"server", "client"} else "http"
    if "messaging.system" in attributes:
        operation = _QUEUE_OPS.get(first(attributes, QUEUE_OPERATION).lower())
        return operation or _KIND_OPS.get(kind, "queue")
    if system := first(attributes, _RPC_SYSTEM):
        family = "grpc" if system == "grpc" else "rpc"
        return f"{family}.{kind}" if kind in {"server", "client"} else family
    if model := attributes.get("gen_ai.operation.name"):
        return f"gen_ai.{model}"
    if graphql := attributes.get("graphql.operation.type"):
        return f"graphql.{graphql}"
    if "faas.trigger" in attributes:
        return "function"
    return _PAGE_NAMES.get(name) or _KIND_OPS.get(kind, "")


def endpoint_of(attributes: Mapping[str, str]) -> str:
    """What stands for a route where work does not come by HTTP: `Cart/Add`, a queue; or empty."""
    method = attributes.get("rpc.method", "")
    if service := attributes.get("rpc.service", ""):
        return f"{service}/{method}" if method else service
    if "rpc.method" in attributes:
        return method
    if "messaging.system" in attributes:
        return first(attributes, QUEUE)
    return ""


def status_of(told: str, attributes: Mapping[str, str], *, kind: str, http_status: int) -> str:
    """unset, ok or error. What the sender set counts; else HTTP's and RPC's status do.

    A server fails at 500 and above; a client at 400 and above, as the conventions have it.
    """
    if told != "unset":
        return told
    if http_status >= (400 if kind == "client" else 500):
        return "error"
    rpc = first(attributes, _RPC_STATUS)
    if rpc not in _RPC_SUCCESS and (kind != "server" or rpc in _SERVER_RPC_FAILURES):
        return "error"
    return "error" if attributes.get("error") == "true" else "unset"
