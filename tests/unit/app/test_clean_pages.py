from __future__ import annotations

from watchkeeper.app.clean_pages import SETTLED_AFTER_S, CleanPages


def test_pages_are_given_back_once_the_start_has_settled_and_each_time_after() -> None:
    released: list[str] = []
    pages = CleanPages(lambda: released.append("pages"))

    assert (pages.run_once(), released) == (SETTLED_AFTER_S, [])
    assert (pages.run_once(), released) == (None, ["pages"])
    assert (pages.run_once(), released) == (None, ["pages", "pages"])
