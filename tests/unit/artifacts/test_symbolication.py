"""Errors of built JavaScript, from upload to the frames that people see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.house import SCOPE
from tests.unit.artifacts.builds import (
    DEBUG_ID,
    SCRIPT,
    bundle,
    error_json,
    map_json,
    sha1,
    shop_bundle,
)
from tests.unit.artifacts.conftest import Works
from watchkeeper.artifacts import State
from watchkeeper.issues import IssueQuery, ShownFrame
from watchkeeper.model import TimeRange

SECOND = 1_000


def digested(works: Works, *payloads: bytes) -> None:
    works.house.clock.forward(SECOND)
    works.house.receive(payloads)
    works.house.digest().run_once()


def issues(works: Works) -> list[str]:
    now_ms = works.house.clock()
    span = TimeRange(now_ms - 86_400_000, now_ms + 1)
    return [one.short_id for one in works.issues().list(SCOPE, IssueQuery(range=span)).issues]


def frame(works: Works, issue: str, which: str = "latest") -> ShownFrame:
    return works.issues().event(SCOPE, issue, which).stacks.exceptions[0].frames[0]


def test_a_frame_shows_the_code_that_people_wrote(works: Works) -> None:
    works.upload(shop_bundle())
    digested(works, error_json(1))

    shown = frame(works, "WEB-1")

    assert (shown.filename, shown.lineno, shown.colno) == ("src/cart.ts", 3, 3)
    assert shown.function == "pay"
    assert [(one.lineno, one.text) for one in shown.context][2] == (3, "  throw new Error(total);")
    assert shown.minified is not None
    assert (shown.minified.function, shown.minified.lineno, shown.minified.colno) == ("t", 1, 5)
    assert shown.minified.abs_path == SCRIPT


def test_two_builds_are_one_issue(works: Works) -> None:
    other = "00000000-0000-4000-8000-000000000002"
    works.upload(shop_bundle())
    works.upload(shop_bundle(column=90, debug_id=other))

    digested(works, error_json(1), error_json(2, column=91, debug_id=other))

    assert issues(works) == ["WEB-1"]


def test_an_event_without_its_map_is_grouped_as_it_ran_and_shown_resolved_later(
    works: Works,
) -> None:
    works.upload(shop_bundle(debug_id="00000000-0000-4000-8000-000000000002"))
    digested(works, error_json(1))
    before = frame(works, "WEB-1")

    works.upload(shop_bundle())
    digested(works, error_json(2))

    assert before.minified is None
    assert "debug id" in before.note
    assert frame(works, "WEB-1", f"{1:032x}").filename == "src/cart.ts"
    assert issues(works) == ["WEB-2", "WEB-1"] or issues(works) == ["WEB-1", "WEB-2"]


def test_what_was_uploaded_after_an_event_does_not_change_its_replay(works: Works) -> None:
    arrived_ms = works.house.clock()
    works.house.clock.forward(SECOND)
    works.upload(shop_bundle())

    first = works.symbolicator.resolved(1, error_json(1), at_ms=arrived_ms)
    later = works.symbolicator.resolved(1, error_json(1), at_ms=works.house.clock())

    assert first == error_json(1)
    assert b"src/cart.ts" in later


@pytest.mark.parametrize("script", [SCRIPT, f"{SCRIPT}?v=3#x", "app:///assets/main.js"])
def test_without_debug_ids_release_and_address_decide(works: Works, script: str) -> None:
    works.upload(shop_bundle(debug_id=""), release="shop@1")
    frames = [{"abs_path": script, "function": "t", "lineno": 1, "colno": 5}]
    exception = [{"type": "Error", "stacktrace": {"frames": frames}}]

    digested(works, error_json(1, debug_id="", release="shop@1", exception=exception))
    digested(works, error_json(2, debug_id="", release="shop@2", exception=exception))

    assert frame(works, "WEB-1").filename == "src/cart.ts"
    other = works.issues().event(SCOPE, "WEB-2", "latest").stacks.exceptions[0].frames[0]
    assert other.minified is None
    assert "The release shop@2 has no source map of ~/assets/main.js" in other.note


def test_a_dist_takes_its_own_map(works: Works) -> None:
    works.upload(shop_bundle(debug_id=""), release="shop@1", dist="a")
    b_map = map_json(name="src/other.ts")
    works.upload(
        bundle(
            {
                "~/assets/main.js": ("minified_source", b"", {"Sourcemap": "main.js.map"}),
                "~/assets/main.js.map": ("source_map", b_map, {}),
            }
        ),
        release="shop@1",
        dist="b",
    )

    digested(works, error_json(1, debug_id="", release="shop@1", dist="b"))

    assert frame(works, "WEB-1").filename == "src/other.ts"


def test_a_map_inside_its_script_is_found(works: Works) -> None:
    import base64

    inline = base64.b64encode(map_json())
    script = b"var a=1;\n//# sourceMappingURL=data:application/json;charset=utf-8;base64," + inline
    works.upload(bundle({"~/assets/main.js": ("minified_source", script, {})}), release="shop@1")

    digested(works, error_json(1, debug_id="", release="shop@1"))

    assert frame(works, "WEB-1").filename == "src/cart.ts"


def test_a_single_file_of_an_older_tool_is_found(works: Works) -> None:
    for url, content in (
        ("~/assets/main.js", b"var a;\n//# sourceMappingURL=main.js.map\n"),
        ("~/assets/main.js.map", map_json()),
    ):
        works.uploads.add_file([1], release="shop@1", dist="", url=url, content=content, headers={})

    digested(works, error_json(1, debug_id="", release="shop@1"))

    assert frame(works, "WEB-1").filename == "src/cart.ts"
    files = works.uploads.release_files(SCOPE, "shop@1")
    assert [row["url"] for row in files] == ["~/assets/main.js", "~/assets/main.js.map"]


def test_code_of_a_package_is_not_their_own(works: Works) -> None:
    foreign = bundle(
        {
            "~/assets/main.js": ("minified_source", b"", {"debug-id": DEBUG_ID}),
            "~/assets/main.js.map": (
                "source_map",
                map_json(name="node_modules/react/index.js"),
                {"debug-id": DEBUG_ID},
            ),
        }
    )
    works.upload(foreign)

    digested(works, error_json(1))

    assert not frame(works, "WEB-1").is_in_app


def test_another_project_s_maps_are_never_used(works: Works) -> None:
    works.upload(shop_bundle(), projects=(2,))

    digested(works, error_json(1))

    assert frame(works, "WEB-1").minified is None


@pytest.mark.parametrize(
    "content",
    [b"{}", b"not json", map_json(mappings="!!!"), map_json(sources=[]), b'{"mappings":5}'],
)
def test_a_broken_map_leaves_the_frame_and_says_why(works: Works, content: bytes) -> None:
    works.upload(bundle({"~/assets/main.js.map": ("source_map", content, {"debug-id": DEBUG_ID})}))

    digested(works, error_json(1))

    shown = frame(works, "WEB-1")
    assert shown.filename == "/assets/main.js"
    assert "source map" in shown.note.lower()


@pytest.mark.parametrize(
    "fields",
    [
        {"debug_meta": {"images": [None, 5, {"type": "sourcemap"}]}},
        {"debug_meta": []},
        {"exception": {"values": [{"stacktrace": {"frames": [{"lineno": "1", "colno": None}]}}]}},
        {"exception": [{"type": "E", "stacktrace": {"frames": [{"abs_path": SCRIPT, "data": 4}]}}]},
        {"threads": {"values": [3, {"stacktrace": 4}]}, "release": "shop@1"},
    ],
)
def test_an_event_of_any_shape_is_left_as_it_is(works: Works, fields: dict[str, Any]) -> None:
    works.upload(shop_bundle(), release="shop@1")

    resolved = works.symbolicator.resolved(
        1, error_json(1, **fields), at_ms=works.house.clock(), with_notes=True
    )

    assert json.loads(resolved)["event_id"] == f"{1:032x}"


def test_bundles_that_nothing_uses_expire_with_their_files(works: Works) -> None:
    works.upload(shop_bundle())
    works.upload(shop_bundle(debug_id="00000000-0000-4000-8000-000000000002"))
    digested(works, error_json(1))
    works.house.clock.forward(40 * 86_400_000)

    gone = works.uploads.expire(keep_ms=30 * 86_400_000, used=works.symbolicator.take_used())

    assert gone == 1
    assert len(works.uploads.bundles(SCOPE)) == 1
    assert frame(works, "WEB-1").filename == "src/cart.ts"
    assert works.uploads.expire(keep_ms=0) == 0
    works.house.clock.forward(1)
    assert works.uploads.expire(keep_ms=0) == 1
    assert list(works.blobs.keys("")) == []


def test_a_bundle_comes_in_pieces_in_any_order(works: Works) -> None:
    content = shop_bundle()
    pieces = [content[start : start + 100] for start in range(0, len(content), 100)]
    from watchkeeper.artifacts import Wanted

    wanted = Wanted(
        org_id=1,
        project_ids=(1,),
        checksum=sha1(content),
        chunks=tuple(map(sha1, pieces)),
    )
    asked = works.uploads.assemble(wanted, lambda _m: ())
    works.uploads.add_chunks(1, [(sha1(piece), piece) for piece in reversed(pieces)])

    done = works.uploads.assemble(wanted, lambda _m: (), wait_s=60)

    assert asked.state is State.NOT_FOUND
    assert list(asked.missing) == [sha1(piece) for piece in pieces]
    assert done.state is State.OK
    assert works.uploads.assemble(wanted, lambda _m: ()).state is State.OK
    assert len(works.uploads.bundles(SCOPE)) == 1
