"""The protobuf messages of remote read, made from a description: no generated code.

Samples are declared as bytes: a column of them is written by numpy, not one by one. Histograms
are, too: they are written field by field.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_SCALARS = {"int64": 3, "string": 9, "bytes": 12, "enum": 14, "message": 11}
_ONE, _MANY = 1, 3

_MESSAGES: dict[str, list[tuple[str, int, str, bool]]] = {
    "Label": [("name", 1, "string", False), ("value", 2, "string", False)],
    "LabelMatcher": [
        ("type", 1, "int64", False),
        ("name", 2, "string", False),
        ("value", 3, "string", False),
    ],
    "Query": [
        ("start_ms", 1, "int64", False),
        ("end_ms", 2, "int64", False),
        ("matchers", 3, "LabelMatcher", True),
    ],
    "ReadRequest": [("queries", 1, "Query", True), ("accepted", 2, "int64", True)],
    "TimeSeries": [
        ("labels", 1, "Label", True),
        ("samples", 2, "bytes", True),
        ("histograms", 4, "bytes", True),
    ],
    "QueryResult": [("timeseries", 1, "TimeSeries", True)],
    "ReadResponse": [("results", 1, "QueryResult", True)],
    "Chunk": [
        ("start_ms", 1, "int64", False),
        ("end_ms", 2, "int64", False),
        ("type", 3, "int64", False),
        ("data", 4, "bytes", False),
    ],
    "ChunkedSeries": [("labels", 1, "Label", True), ("chunks", 2, "Chunk", True)],
    "ChunkedReadResponse": [
        ("chunked_series", 1, "ChunkedSeries", True),
        ("query_index", 2, "int64", False),
    ],
}
"""Message: its fields as (name, number, type, repeated). An enum is read as its number."""

_PACKAGE = "watchkeeper.remote_read"


@cache
def message(name: str) -> Any:
    """The class of one message. The library is loaded at the first use."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))


@cache
def _pool() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool

    file = descriptor_pb2.FileDescriptorProto(
        name="watchkeeper/remote_read.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        described = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            added: Any = described.field.add(name=field, number=number)
            added.label = _MANY if repeated else _ONE
            added.type = _SCALARS.get(kind, _SCALARS["message"])
            if kind not in _SCALARS:
                added.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool
