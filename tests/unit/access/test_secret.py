from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from watchkeeper.access import AccessOptions
from watchkeeper.access.secret import SecretUnreadable, derived_api_token, load_secret
from watchkeeper.lib.errors import Overloaded


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    first, second = load_secret(path), load_secret(path)

    assert first == second
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_all_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: load_secret(tmp_path / "secret"), range(64)))

    assert len(found) == 1


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"short")

    with pytest.raises(SecretUnreadable, match="secret"):
        load_secret(path)


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Overloaded, match="nowhere"):
        load_secret(tmp_path / "nowhere" / "secret")


def test_a_derived_token_depends_on_the_secret_and_its_purpose() -> None:
    tokens = {
        derived_api_token(secret, purpose)
        for secret in (b"a" * 32, b"b" * 32)
        for purpose in ("1:0", "1:1", "2:0")
    }

    assert len(tokens) == 6
    assert {len(token) for token in tokens} == {44}
    assert derived_api_token(b"a" * 32, "1:0") in tokens


@pytest.mark.parametrize(
    "wrong", [{"session_ms": 0}, {"password_memory_kib": 7}, {"password_rounds": 0}]
)
def test_an_option_out_of_range_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AccessOptions(secret_file=Path("secret"), **wrong)
