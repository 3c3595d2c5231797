"""What the PromQL engine raises. Texts are shown to the person who typed the query."""

from __future__ import annotations

from typing import ClassVar

from watchkeeper.lib.errors import Overloaded, WatchkeeperError


class PromQLError(WatchkeeperError):
    """Base of every refusal of this engine.

    error_type: the word of Prometheus's HTTP envelope (`errorType`).
    """

    code = "promql"
    error_type: ClassVar[str] = "execution"
    http_status = 422


class ParseError(PromQLError):
    """The text is not PromQL, or is PromQL of wrong types.

    line, column: 1-based; the column counts bytes, as Prometheus does.
    str(error): `line:column: parse error: message`.
    """

    code = "promql_parse"
    error_type = "bad_data"
    http_status = 400

    def __init__(self, message: str, *, text: str, position: int) -> None:
        self.message = message
        self.position = position
        self.line, self.column = line_and_column(text, position)
        super().__init__(f"{self.line}:{self.column}: parse error: {message}")


class BadQuery(PromQLError):
    """The query is well formed, but not allowed in this place (points, length, result type).

    parameter: the name of the argument at fault, "" if it is all of them together.
    """

    code = "promql_bad_query"
    error_type = "bad_data"
    http_status = 400

    def __init__(self, message: str, *, parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter


class ExecutionError(PromQLError):
    """The data do not allow the operation (duplicate series, invalid parameter)."""

    code = "promql_execution"


class TooManySamples(PromQLError):
    """The query would hold more samples than it may."""

    code = "promql_too_many_samples"

    def __init__(self) -> None:
        super().__init__(
            "query processing would load too many samples into memory in query execution"
        )


class QueryTimeout(PromQLError):
    """The time that the query may take is over."""

    code = "promql_timeout"
    error_type = "timeout"
    http_status = 503
    retryable = True

    def __init__(self, where: str = "expression evaluation") -> None:
        super().__init__(f"query timed out in {where}")


class QueryCancelled(PromQLError):
    """Nobody waits for the answer any more."""

    code = "promql_cancelled"
    error_type = "canceled"
    http_status = 499

    def __init__(self, where: str = "expression evaluation") -> None:
        super().__init__(f"query was canceled in {where}")


class TooManyQueries(Overloaded):
    """All places are taken and the queue is full or too slow."""

    code = "promql_overloaded"


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """1-based line and byte column of a character offset."""
    before = text[:position]
    line_start = before.rfind("\n") + 1
    column = len(before[line_start:].encode("utf-8", "replace")) + 1
    return before.count("\n") + 1, column
