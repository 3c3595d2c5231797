from __future__ import annotations

import pytest

from watchkeeper.store.columns import (
    BatchRefused,
    QueryFailed,
    StoreUnavailable,
)
from watchkeeper.store.columns.errors import (
    QUERY_ERRORS,
    REFUSED_BATCHES,
    code_of,
    insert_error,
    query_error,
)


def said(code: int, text: str = "no") -> str:
    return f"Streaming insert finish failed: Code: {code}. DB::Exception: {text}. (NAME)"


@pytest.mark.parametrize("code", QUERY_ERRORS)
def test_each_code_of_a_query_becomes_its_error(code: int) -> None:
    error = query_error(said(code))
    assert type(error) is QUERY_ERRORS[code]
    assert f"(engine code {code})" in str(error)


@pytest.mark.parametrize("code", sorted(REFUSED_BATCHES))
def test_rows_at_fault_are_refused_for_good(code: int) -> None:
    error = insert_error(said(code))
    assert type(error) is BatchRefused
    assert not error.retryable


@pytest.mark.parametrize("code", [241, 243, 252, 60, 47, 999, 1])
def test_what_is_no_fault_of_the_rows_may_be_tried_again(code: int) -> None:
    error = insert_error(said(code))
    assert type(error) is StoreUnavailable
    assert error.retryable


def test_too_many_days_in_one_batch_is_a_fault_of_the_rows() -> None:
    days = "Too many partitions for single INSERT block (more than 100)"
    assert type(insert_error(said(252, days))) is BatchRefused
    assert type(insert_error(said(252, "Too many parts (3000)"))) is StoreUnavailable


def test_what_the_engine_said_is_never_shown() -> None:
    secret = "SELECT 'secret'"
    assert "secret" not in str(query_error(said(62, secret)))
    assert type(query_error(said(62, secret))) is QueryFailed


def test_a_message_without_a_code_has_none() -> None:
    assert code_of("connection reset") == 0


def test_a_full_disk_is_told_as_one() -> None:
    error = insert_error("Code: 243. DB::Exception: Cannot reserve 1.00 MiB")

    assert isinstance(error, StoreUnavailable)
    assert "The disk of the column store is full" in str(error)
