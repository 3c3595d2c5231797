"""Columns: samples, series, errors and logs, on chDB in the process or on a ClickHouse server.

`embedded.py` and `cluster.py` are opened by the composition root alone; see
docs/operate/storage.md.
"""

from watchkeeper.store.columns.envelope_tables import (
    ATTACHMENTS,
    CHECK_INS,
    FEEDBACK,
    PROFILES,
    REPLAYS,
    SESSIONS,
)
from watchkeeper.store.columns.erasure import ColumnErasure, Sought
from watchkeeper.store.columns.errors import (
    BatchRefused,
    DataDirInUse,
    QueryCancelled,
    QueryFailed,
    QueryTooHeavy,
    SchemaTooNew,
    StoreUnavailable,
)
from watchkeeper.store.columns.log_tables import (
    LOG_ATTRIBUTE_PAIRS,
    LOG_NUMBERS,
    LOG_PATTERNS,
    LOG_TEMPLATE,
    LOGS,
    LOGS_1M,
)
from watchkeeper.store.columns.native import (
    Content,
    fixed,
    low_cardinality,
    native_block,
    samples_native,
    string_map,
)
from watchkeeper.store.columns.options import ClusterOptions, EmbeddedOptions
from watchkeeper.store.columns.port import (
    Columns,
    ColumnsHealth,
    InsertFormat,
    Params,
    Settings,
    TableSize,
)
from watchkeeper.store.columns.retention import Dropped, Kept, Retention
from watchkeeper.store.columns.rollups import Resolution, rollup_range, rollup_source
from watchkeeper.store.columns.rowbinary import (
    PARTITIONS_PER_INSERT,
    SAMPLE_DTYPE,
    encode_rows,
    fetch_arrays,
    samples_block,
    split_by_day,
)
from watchkeeper.store.columns.table import Table
from watchkeeper.store.columns.tables import (
    ERRORS,
    ERRORS_1H,
    EXEMPLARS,
    HISTOGRAMS,
    METADATA,
    SAMPLES,
    SAMPLES_1D,
    SAMPLES_1H,
    SERIES,
    SPANS,
    TABLES,
    TRACES,
)
from watchkeeper.store.columns.trace_tables import HOST_CALLED, SLOT_OF_DURATION

__all__ = [
    "ATTACHMENTS",
    "CHECK_INS",
    "ERRORS",
    "ERRORS_1H",
    "EXEMPLARS",
    "FEEDBACK",
    "HISTOGRAMS",
    "HOST_CALLED",
    "LOGS",
    "LOGS_1M",
    "LOG_ATTRIBUTE_PAIRS",
    "LOG_NUMBERS",
    "LOG_PATTERNS",
    "LOG_TEMPLATE",
    "METADATA",
    "PARTITIONS_PER_INSERT",
    "PROFILES",
    "REPLAYS",
    "SAMPLES",
    "SAMPLES_1D",
    "SAMPLES_1H",
    "SAMPLE_DTYPE",
    "SERIES",
    "SESSIONS",
    "SLOT_OF_DURATION",
    "SPANS",
    "TABLES",
    "TRACES",
    "BatchRefused",
    "ClusterOptions",
    "ColumnErasure",
    "Columns",
    "ColumnsHealth",
    "Content",
    "DataDirInUse",
    "Dropped",
    "EmbeddedOptions",
    "InsertFormat",
    "Kept",
    "Params",
    "QueryCancelled",
    "QueryFailed",
    "QueryTooHeavy",
    "Resolution",
    "Retention",
    "SchemaTooNew",
    "Settings",
    "Sought",
    "StoreUnavailable",
    "Table",
    "TableSize",
    "encode_rows",
    "fetch_arrays",
    "fixed",
    "low_cardinality",
    "native_block",
    "rollup_range",
    "rollup_source",
    "samples_block",
    "samples_native",
    "split_by_day",
    "string_map",
]
