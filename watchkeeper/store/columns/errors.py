"""What the column store raises, and how the engine's error codes become it.

WatchkeeperError
├── Overloaded
│   └── StoreUnavailable   no free connection, engine down, disk full, too many parts
├── QueryTooHeavy          a limit on time, memory, rows or text was reached
├── QueryCancelled         somebody stopped it
├── QueryFailed            the engine does not accept the query: a fault of ours
├── BatchRefused           these rows will never be accepted
├── SchemaTooNew           the store was written by a newer program
└── DataDirInUse           another process has the directory
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchkeeper.lib.errors import Overloaded, WatchkeeperError


class StoreUnavailable(Overloaded):
    """The column store cannot take this now; the same call may succeed later."""

    code = "store_unavailable"


class QueryTooHeavy(WatchkeeperError):
    """A query reached its limit of time, memory or rows."""

    code = "query_too_heavy"
    http_status = 422


class QueryCancelled(WatchkeeperError):
    """A query was stopped before it had its answer."""

    code = "query_cancelled"
    retryable = True
    http_status = 503


class QueryFailed(WatchkeeperError):
    """The engine does not accept the query; the cause has its words."""

    code = "query_failed"


class BatchRefused(WatchkeeperError):
    """These rows can never be stored as they are; bisect the batch to find which."""

    code = "batch_refused"
    http_status = 400


class SchemaTooNew(WatchkeeperError):
    """The store was migrated by a newer program than this one."""

    code = "schema_too_new"


class DataDirInUse(WatchkeeperError):
    """Another process has the data directory open."""

    code = "data_dir_in_use"


NOT_ENOUGH_SPACE = 243
TOO_MANY_PARTS = 252

QUERY_ERRORS: Mapping[int, type[WatchkeeperError]] = {
    158: QueryTooHeavy,  # TOO_MANY_ROWS
    159: QueryTooHeavy,  # TIMEOUT_EXCEEDED
    160: QueryTooHeavy,  # TOO_SLOW
    167: QueryTooHeavy,  # TOO_DEEP_AST
    168: QueryTooHeavy,  # TOO_BIG_AST
    241: QueryTooHeavy,  # MEMORY_LIMIT_EXCEEDED
    307: QueryTooHeavy,  # TOO_MANY_BYTES
    396: QueryTooHeavy,  # TOO_MANY_ROWS_OR_BYTES
    394: QueryCancelled,  # QUERY_WAS_CANCELLED
    735: QueryCancelled,  # QUERY_WAS_CANCELLED_BY_CLIENT
    202: StoreUnavailable,  # TOO_MANY_SIMULTANEOUS_QUERIES
    209: StoreUnavailable,  # SOCKET_TIMEOUT
    210: StoreUnavailable,  # NETWORK_ERROR
    236: StoreUnavailable,  # ABORTED
    242: StoreUnavailable,  # TABLE_IS_READ_ONLY
    NOT_ENOUGH_SPACE: StoreUnavailable,
    TOO_MANY_PARTS: StoreUnavailable,
    279: StoreUnavailable,  # ALL_CONNECTION_TRIES_FAILED
    319: StoreUnavailable,  # UNKNOWN_STATUS_OF_INSERT
    425: StoreUnavailable,  # SYSTEM_ERROR
    439: StoreUnavailable,  # CANNOT_SCHEDULE_TASK
    999: StoreUnavailable,  # KEEPER_EXCEPTION
}
"""Everything else that a query raises is QueryFailed."""

REFUSED_BATCHES = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        32,  # ATTEMPT_TO_READ_AFTER_EOF
        33,  # CANNOT_READ_ALL_DATA
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        128,  # TOO_LARGE_ARRAY_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
    }
)
"""Codes of an insert that say that the rows themselves are wrong."""

_CODE = re.compile(r"Code: (\d+)\. DB::Exception")

_NO_ROOM = "The disk of the column store is full: free some space there."
_SENTENCES: Mapping[type[WatchkeeperError], str] = {
    QueryTooHeavy: "The query needs more time or memory than it may have; narrow its range.",
    QueryCancelled: "The query was cancelled.",
    StoreUnavailable: "The column store cannot take this now; try again.",
    QueryFailed: "The column store did not accept a query.",
    BatchRefused: "The column store refused rows that it can never take.",
}


def code_of(message: str) -> int:
    """The engine's error code in its message; 0 if there is none."""
    found = _CODE.search(message)
    return int(found.group(1)) if found else 0


def query_error(message: str) -> WatchkeeperError:
    """The error to raise for what the engine said about a query."""
    code = code_of(message)
    return _worded(QUERY_ERRORS.get(code, QueryFailed), code)


def insert_error(message: str) -> WatchkeeperError:
    """The error to raise for what the engine said about an insert.

    BatchRefused only where the rows are at fault: all else may pass and is worth a retry.
    """
    code = code_of(message)
    too_many_days = code == TOO_MANY_PARTS and "partitions for single INSERT" in message
    refused = code in REFUSED_BATCHES or too_many_days
    return _worded(BatchRefused if refused else StoreUnavailable, code)


def _worded(kind: type[WatchkeeperError], code: int) -> WatchkeeperError:
    sentence = _NO_ROOM if code == NOT_ENOUGH_SPACE else _SENTENCES[kind]
    return kind(f"{sentence} (engine code {code})")
