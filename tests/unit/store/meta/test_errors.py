"""Every error that a driver has becomes one of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import exc

from watchkeeper.store.meta import MetaFailed, RowConflict, StoreUnavailable
from watchkeeper.store.meta.errors import translated_error


def tree(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


def wrapped(driver: type[Exception], base: type[Exception]) -> exc.SQLAlchemyError:
    made = exc.DBAPIError.instance("SELECT 1", None, driver("x"), base)
    assert isinstance(made, exc.DBAPIError)
    return made


CASES = [(sqlite3.Error, error) for error in tree(sqlite3.Error)] + [
    (psycopg.Error, error) for error in tree(psycopg.Error)
]


@pytest.mark.parametrize(("base", "driver"), CASES)
def test_each_error_of_a_driver_has_a_counterpart(
    base: type[Exception], driver: type[Exception]
) -> None:
    ours = translated_error(wrapped(driver, base))

    expected = {
        "IntegrityError": RowConflict,
        "OperationalError": StoreUnavailable,
        "InterfaceError": StoreUnavailable,
    }
    names = [parent.__name__ for parent in driver.__mro__]
    kind = next((expected[name] for name in names if name in expected), MetaFailed)
    assert type(ours) is kind
    assert str(ours).endswith(".")


def test_a_pool_without_a_free_connection_is_unavailable() -> None:
    assert isinstance(translated_error(exc.TimeoutError()), StoreUnavailable)


def test_a_full_disk_of_the_server_is_named() -> None:
    error = wrapped(psycopg.errors.DiskFull, psycopg.Error)

    assert "full" in str(translated_error(error))
