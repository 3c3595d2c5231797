"""What looks like an e-mail address and is none."""

from __future__ import annotations

import pytest

from watchkeeper.privacy import Json, Scrubber


@pytest.mark.parametrize("release", ["shop@1.2.3", "web@2026.11.rc1", "shop.example@abc.def"])
def test_a_release_is_kept_as_it_is(release: str) -> None:
    event: dict[str, Json] = {"release": release, "environment": "eu@blue.example"}

    assert Scrubber().scrub_event(event) == {"release": release, "environment": "eu@blue.example"}


def test_a_package_with_its_version_is_no_address() -> None:
    assert Scrubber().scrub_text("lodash@4.17.21 failed") == "lodash@4.17.21 failed"


def test_an_address_is_hidden() -> None:
    assert "ada" not in Scrubber().scrub_text("mail ada@example.co.uk now")
