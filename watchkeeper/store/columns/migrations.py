"""Numbered steps that bring a column store to this program's schema, on either form.

A step is never changed once released. It may be cut off anywhere and run again, so every
statement must bear repetition (IF NOT EXISTS, IF EXISTS).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from watchkeeper.store.columns import log_tables, schema, tables
from watchkeeper.store.columns.envelope_tables import (
    ENVELOPE_TABLES,
    SESSION_PERSON,
    SESSION_STATES,
    SESSION_STATES_1,
    SESSION_STATES_VIEW,
    SESSION_STATES_VIEW_1,
    SESSIONS,
    SESSIONS_1H,
    SESSIONS_1H_VIEW,
)
from watchkeeper.store.columns.errors import SchemaTooNew
from watchkeeper.store.columns.port import Params
from watchkeeper.store.columns.schema import SchemaOptions
from watchkeeper.store.columns.table import Table, View
from watchkeeper.store.columns.trace_tables import (
    FIRST_TRACE_TABLES,
    FIRST_TRACE_VIEWS,
    OPERATIONS_1D,
    OPERATIONS_1D_VIEW,
    OPERATIONS_1H,
    OPERATIONS_1H_VIEW,
    TRACE_PARTS,
    TRACE_PARTS_COLUMNS_2,
    TRACE_PARTS_VIEW,
    TRACE_PARTS_VIEW_1,
)

_TTL_DAYS = re.compile(r"toIntervalDay\((\d+)\)")


class Store(Protocol):
    """What a migration needs of a store."""

    def rows(self, sql: str, params: Params | None = None) -> list[list[Any]]: ...

    def execute(self, sql: str, params: Params | None = None) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step. statements: DDL for these options, in order."""

    version: int
    name: str
    statements: Callable[[SchemaOptions], list[str]]


def _first_tables(options: SchemaOptions) -> list[str]:
    made = [schema.create_table(table, options) for table in tables.FIRST_TABLES]
    viewed = [schema.create_view(view, options) for view in tables.FIRST_VIEWS]
    return [statement for group in (*made, *viewed) for statement in group]


def _histograms_and_exemplars(options: SchemaOptions) -> list[str]:
    made = (schema.create_table(t, options) for t in (tables.HISTOGRAMS, tables.EXEMPLARS))
    return [statement for group in made for statement in group]


def _values_as_differences(options: SchemaOptions) -> list[str]:
    return [schema.modify_column(tables.SAMPLES, "value", options)]


def _spans_and_more_of_logs(options: SchemaOptions) -> list[str]:
    added = [column.name for column in log_tables.LOG_COLUMNS_2]
    made = [schema.create_table(t, options) for t in (tables.SPANS, tables.TRACES)]
    made += [schema.create_view(tables.TRACES_VIEW, options)]
    made += [schema.add_columns(log_tables.LOGS, added, options)]
    return [statement for group in made for statement in group]


def _what_envelopes_hold(options: SchemaOptions) -> list[str]:
    made = (schema.create_table(t, options) for t in ENVELOPE_TABLES)
    return [statement for group in made for statement in group]


def _read_models_of_traces(options: SchemaOptions) -> list[str]:
    made = [schema.create_table(table, options) for table in FIRST_TRACE_TABLES]
    viewed = [schema.create_view(view, options) for view in FIRST_TRACE_VIEWS]
    return [statement for group in (*made, *viewed) for statement in group]


def _more_of_errors(options: SchemaOptions) -> list[str]:
    added = [column.name for column in tables.ERROR_COLUMNS_2]
    days = schema.local_name(tables.ERRORS_1D.name, options.cluster)
    everywhere = schema.on_cluster(options.cluster)
    return [
        *schema.add_columns(tables.ERRORS, added, options),
        *schema.create_table(tables.ERRORS_1D, options),
        f"TRUNCATE TABLE IF EXISTS {days}{everywhere}",  # a step that was cut off begins anew
        "INSERT INTO errors_1d SELECT project_id, grouping_hash, toDate(bucket, 'UTC'), level, "
        "environment, release, handled, events, users FROM errors_1h",
        *schema.create_view(tables.ERRORS_1D_VIEW, options),
    ]


def _search_of_logs(options: SchemaOptions) -> list[str]:
    added = schema.add_columns(log_tables.LOGS, [log_tables.LOG_PATTERN.name], options)
    made = [schema.create_table(t, options) for t in (log_tables.LOGS_1M, log_tables.LOG_PATTERNS)]
    viewed = [
        schema.create_view(v, options)
        for v in (log_tables.LOGS_1M_VIEW, log_tables.LOG_PATTERNS_VIEW)
    ]
    indexed = schema.add_indices(log_tables.LOGS_2, options)
    return [statement for group in (added, indexed, *made, *viewed) for statement in group]


def _cheaper_spans(options: SchemaOptions) -> list[str]:
    """Views that cost less for the same rows, the hours out of the minutes; fewer merges."""
    replaced = [
        schema.replace_view(view, options) for view in (TRACE_PARTS_VIEW_1, OPERATIONS_1H_VIEW)
    ]
    changed = [
        schema.modify_settings(table, options)
        for table in (tables.SPANS, tables.TRACES, *FIRST_TRACE_TABLES)
        if table.settings
    ]
    return [statement for group in (*replaced, changed) for statement in group]


def _states_of_sessions_and_severities(options: SchemaOptions) -> list[str]:
    return [
        *schema.add_columns(tables.ERRORS, [tables.ERROR_SEVERITY.name], options),
        *schema.create_table(SESSION_STATES_1, options),
        *schema.create_view(SESSION_STATES_VIEW_1, options),
    ]


def _filled(table: Table, view: View, rows: str, options: SchemaOptions) -> list[str]:
    """A table of sums with what `rows`, a SELECT, tells of before, then the view that feeds it.

    A step that was cut off begins anew: the table is emptied first.
    """
    everywhere = schema.on_cluster(options.cluster)
    return [
        *schema.create_table(table, options),
        f"TRUNCATE TABLE IF EXISTS {schema.local_name(table.name, options.cluster)}{everywhere}",
        f"INSERT INTO {table.name} ({_names(table)}) {rows}",
        *schema.create_view(view, options),
    ]


def _names(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def _sessions_by_hour(options: SchemaOptions) -> list[str]:
    sums = SESSIONS_1H_VIEW.select.format(source=f"{SESSIONS.name} FINAL")
    return [
        *schema.add_columns(SESSION_STATES, [SESSION_PERSON.name], options),
        *schema.replace_view(SESSION_STATES_VIEW, options),
        *_filled(SESSIONS_1H, SESSIONS_1H_VIEW, sums, options),
    ]


def _operations_by_day(options: SchemaOptions) -> list[str]:
    view = OPERATIONS_1D_VIEW.select.format(source=OPERATIONS_1H.name).strip()
    rows = f"SELECT {_names(OPERATIONS_1D)} FROM ({view})"
    return [
        *_filled(OPERATIONS_1D, OPERATIONS_1D_VIEW, rows, options),
        *schema.add_indices(tables.TRACES, options),
    ]


def _short_columns_of_errors(options: SchemaOptions) -> list[str]:
    names = [column.name for column in tables.ERROR_COLUMNS_3]
    filled = [schema.materialize(tables.ERRORS, f"COLUMN {name}", options) for name in names]
    return [*schema.add_columns(tables.ERRORS, names, options), *filled]


def _text_inside_words(options: SchemaOptions) -> list[str]:
    added = replace(log_tables.LOGS, indices=log_tables.LOG_INDICES_2)
    filled = schema.materialize(log_tables.LOGS, "INDEX by_trigram", options)
    return [*schema.add_indices(added, options), filled]


def _torn_traces(options: SchemaOptions) -> list[str]:
    names = [column.name for column in TRACE_PARTS_COLUMNS_2]
    return [
        *schema.add_columns(TRACE_PARTS, names, options),
        *schema.replace_view(TRACE_PARTS_VIEW, options),
    ]


_BLOCK_BY_BLOCK = "SETTINGS max_execution_time = 0, max_partitions_per_insert_block = 0"
"""Nothing is held in memory: the engine adds up each block, and the blocks as it merges."""


def _logs_by_hour(options: SchemaOptions) -> list[str]:
    taken = _names(log_tables.LOGS_1H).replace("bucket", "toStartOfHour(bucket)")
    rows = f"SELECT {taken} FROM {log_tables.LOGS_1M.name} {_BLOCK_BY_BLOCK}"
    return _filled(log_tables.LOGS_1H, log_tables.LOGS_1H_VIEW, rows, options)


def _digits_inside_numbers(options: SchemaOptions) -> list[str]:
    added = replace(log_tables.LOGS, indices=log_tables.LOG_INDICES_3)
    filled = schema.materialize(log_tables.LOGS, "INDEX by_digits", options)
    return [*schema.add_indices(added, options), filled]


def _errors_of_projects(options: SchemaOptions) -> list[str]:
    names = _names(tables.ERROR_TOTALS_1H)
    rows = f"SELECT {names} FROM {tables.ERRORS_1H.name} {_BLOCK_BY_BLOCK}"
    return _filled(tables.ERROR_TOTALS_1H, tables.ERROR_TOTALS_1H_VIEW, rows, options)


def _lines_by_key(options: SchemaOptions) -> list[str]:
    return [schema.modify_settings(log_tables.LOGS, options)]


MIGRATIONS = (
    Migration(version=1, name="first tables", statements=_first_tables),
    Migration(version=2, name="histograms and exemplars", statements=_histograms_and_exemplars),
    Migration(version=3, name="values as differences", statements=_values_as_differences),
    Migration(version=4, name="spans, more of logs", statements=_spans_and_more_of_logs),
    Migration(version=5, name="what envelopes hold", statements=_what_envelopes_hold),
    Migration(version=6, name="read models of traces", statements=_read_models_of_traces),
    Migration(
        version=7,
        name="errors by url, function, person, day",
        statements=_more_of_errors,
    ),
    Migration(version=8, name="search of logs", statements=_search_of_logs),
    Migration(version=9, name="cheaper spans", statements=_cheaper_spans),
    Migration(
        version=10,
        name="states of sessions, severity of errors",
        statements=_states_of_sessions_and_severities,
    ),
    Migration(version=11, name="operations by day", statements=_operations_by_day),
    Migration(version=12, name="short columns of errors", statements=_short_columns_of_errors),
    Migration(version=13, name="text inside words of logs", statements=_text_inside_words),
    Migration(version=14, name="torn traces", statements=_torn_traces),
    Migration(version=15, name="logs by hour", statements=_logs_by_hour),
    Migration(version=16, name="digits inside numbers of logs", statements=_digits_inside_numbers),
    Migration(version=17, name="sessions by hour", statements=_sessions_by_hour),
    Migration(version=18, name="errors of projects by hour", statements=_errors_of_projects),
    Migration(version=19, name="attributes of logs by key", statements=_lines_by_key),
)

LATEST = MIGRATIONS[-1].version


def migrate(store: Store, options: SchemaOptions) -> int:
    """Run the steps that are missing, then set each table's retention; returns the version.

    Raises SchemaTooNew when the store has seen a newer program.
    """
    store.execute(schema.create_version_table(options.cluster))
    present = current_version(store)
    if present > LATEST:
        raise SchemaTooNew(
            f"The column store has schema {present}, this program knows {LATEST}: "
            "run a newer Watchkeeper, or restore a backup from before the upgrade."
        )
    for step in MIGRATIONS:
        if step.version > present:
            _apply(store, step, options)
    _keep(store, options)
    return LATEST


def current_version(store: Store) -> int:
    """The newest step that has run; 0 for an empty store."""
    return int(store.rows("SELECT max(version) FROM schema_version")[0][0])


def _apply(store: Store, step: Migration, options: SchemaOptions) -> None:
    for statement in step.statements(options):
        store.execute(statement)
    store.execute(
        "INSERT INTO schema_version (version) SELECT {version:UInt32}", {"version": step.version}
    )


def _keep(store: Store, options: SchemaOptions) -> None:
    """Change the TTL of tables whose retention was configured otherwise since they were made."""
    engines = dict(
        store.rows("SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()")
    )
    for table in tables.TABLES:
        found = _TTL_DAYS.search(engines.get(schema.local_name(table.name, options.cluster), ""))
        days = options.days(table)
        if table.ttl_column and days and (found is None or int(found[1]) != days):
            store.execute(schema.modify_ttl(table, options))
