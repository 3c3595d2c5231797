"""A process of its own that writes batches to an embedded store until it is killed.

python -m tests.contract.columns.crash_child write DIR FROM TO   prints a number per stored batch
python -m tests.contract.columns.crash_child count DIR           prints batch → rows, and events
python -m tests.contract.columns.crash_child open DIR            prints the error's name, or ok
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.contract.columns.rows import error_row, insert_errors, insert_samples
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.columns import Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

ROWS_PER_BATCH = 500


def write(columns: Columns, batches: range) -> None:
    """Store batch after batch; a line is printed once its insert has returned."""
    for batch in batches:
        points = [(series, batch, float(batch)) for series in range(ROWS_PER_BATCH)]
        insert_samples(columns, 1, points, token=f"samples-{batch}")
        insert_errors(columns, [error_row(1, batch)], token=f"errors-{batch}")
        print(batch, flush=True)


def count(columns: Columns) -> None:
    """Print what is there: rows of each batch, error rows, and what their roll-up counted."""
    samples = columns.rows("SELECT toUInt32(value), count() FROM samples GROUP BY 1 ORDER BY 1")
    errors = columns.rows("SELECT count() FROM errors")[0][0]
    rolled = columns.rows("SELECT sum(events) FROM errors_1h")[0][0]
    print(json.dumps({"samples": samples, "errors": errors, "rolled": rolled}))


def main(verb: str, directory: str, *numbers: str) -> None:
    try:
        columns = open_embedded(Path(directory), options=EmbeddedOptions())
    except WatchkeeperError as error:
        print(type(error).__name__, error)
        return
    columns.migrate()
    if verb == "write":
        write(columns, range(*map(int, numbers)))
    elif verb == "count":
        count(columns)
    else:
        print("ok")
    columns.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
