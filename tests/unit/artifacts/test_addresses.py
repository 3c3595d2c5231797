"""Scripts, maps and sources find each other by their addresses."""

from __future__ import annotations

import pytest

from watchkeeper.artifacts.addresses import (
    debug_id_of,
    is_foreign,
    map_urls,
    script_urls,
    source_file,
)


@pytest.mark.parametrize(
    ("abs_path", "urls"),
    [
        ("https://a.example/x/m.js?v=1", ["https://a.example/x/m.js", "~/x/m.js"]),
        ("app:///m.js", ["app:///m.js", "~/m.js"]),
        ("/srv/app/dist/m.js", ["/srv/app/dist/m.js", "~/srv/app/dist/m.js"]),
        ("", []),
    ],
)
def test_a_script_may_have_been_uploaded_under_several_addresses(
    abs_path: str, urls: list[str]
) -> None:
    assert script_urls(abs_path) == urls


@pytest.mark.parametrize(
    ("script", "ref", "urls"),
    [
        ("~/x/m.js", "m.js.map", ["~/x/m.js.map"]),
        ("~/x/m.js", "../maps/m.js.map", ["~/maps/m.js.map"]),
        ("~/m.js", "../../../m.js.map", ["~/m.js.map"]),
        ("~/x/m.js", "/maps/m.js.map", ["~/maps/m.js.map"]),
        ("~/x/m.js", "", ["~/x/m.js.map"]),
        ("https://a.example/x/m.js", "m.js.map", ["https://a.example/x/m.js.map"]),
        ("~/m.js", "https://cdn.example/m.map", ["https://cdn.example/m.map", "~/m.map"]),
    ],
)
def test_a_map_is_where_its_script_says(script: str, ref: str, urls: list[str]) -> None:
    assert map_urls(script, ref) == urls


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("webpack://shop/./src/cart.ts", "src/cart.ts"),
        ("webpack:///./src/cart.ts?a1b2", "src/cart.ts"),
        ("webpack:///(app-pages-browser)/./app/page.tsx", "app/page.tsx"),
        ("turbopack:///[project]/app/page.tsx", "app/page.tsx"),
        ("../../src/cart.ts", "src/cart.ts"),
        ("src/cart.ts", "src/cart.ts"),
        ("/home/ada/shop/src/cart.ts", "/home/ada/shop/src/cart.ts"),
        ("/./src/cart.ts", "src/cart.ts"),
        ("/./../shared/tax.ts", "shared/tax.ts"),
        ("file:///home/ada/cart.ts", "/home/ada/cart.ts"),
        ("https://a.example/src/cart.ts", "src/cart.ts"),
    ],
)
def test_a_source_has_the_path_that_people_know(source: str, path: str) -> None:
    assert source_file(source, "https://a.example/assets/m.js")[0] == path


def test_packages_and_bundlers_are_foreign() -> None:
    assert is_foreign("node_modules/react/index.js")
    assert is_foreign("webpack/bootstrap")
    assert not is_foreign("src/cart.ts")


@pytest.mark.parametrize("sent", [None, 5, "", "xyz", "740cbd46"])
def test_what_is_no_debug_id_is_none(sent: object) -> None:
    assert debug_id_of(sent) == ""
