"""What is taken of an uploaded bundle, and what is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.fakes.house import SCOPE
from tests.unit.artifacts.builds import bundle, map_json, sha1, shop_bundle
from tests.unit.artifacts.conftest import Works
from watchkeeper.artifacts import State, Wanted
from watchkeeper.artifacts.bundle import Bundle, files_of
from watchkeeper.artifacts.errors import BadBundle, BundleTooLarge
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Role, Scope


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def test_names_inside_a_bundle_are_never_paths_on_disk(works: Works) -> None:
    evil = shop_bundle().replace(b"_/_/0", b"../0x")
    works.upload(evil)

    assert all(key.startswith(("1/sourcemaps/", "chunks/1/")) for key in works.blobs.keys(""))


def test_a_file_that_unpacks_beyond_the_limit_is_refused(
    works: Works,
) -> None:
    bomb = bundle({"~/a.js": ("minified_source", b"\0" * (129 * 2**20), {})})

    refused = works.upload(bomb, release="shop@1")

    assert refused.state is State.ERROR
    assert "larger than" in refused.detail
    assert works.uploads.bundles(SCOPE) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"SYSB\x02\0\0\0garbage", "no ZIP"),
        (zipped(other=b"x"), "manifest.json is missing"),
        (zipped(manifest__json=b"[1]"), "cannot be read"),
        (zipped(manifest__json=b'{"files":{"a":{"url":"~/a","type":"source_map"}}}'), "missing"),
        (zipped(manifest__json=b'{"files":{}}'), "no script"),
        (shop_bundle(debug_id=""), "neither debug ids nor a release"),
    ],
)
def test_a_bundle_of_no_use_is_refused_with_a_reason(
    works: Works, content: bytes, reason: str
) -> None:
    refused = works.upload(content)

    assert refused.state is State.ERROR
    assert reason in refused.detail


def test_a_refused_bundle_can_be_sent_again(works: Works) -> None:
    works.upload(shop_bundle(debug_id=""))

    assert works.upload(shop_bundle(debug_id=""), release="shop@1").state is State.OK


def test_a_piece_is_what_its_name_says(works: Works) -> None:
    with pytest.raises(Invalid, match="does not have this SHA-1"):
        works.uploads.add_chunks(1, [(sha1(b"a"), b"b")])


def test_pieces_of_another_organisation_are_missing(works: Works) -> None:
    content = shop_bundle()
    works.uploads.add_chunks(1, [(sha1(content), content)])
    foreign = Wanted(org_id=2, project_ids=(2,), checksum=sha1(content), chunks=(sha1(content),))

    assert works.uploads.assemble(foreign, lambda _m: ()).state is State.NOT_FOUND


def test_pieces_that_do_not_make_the_whole_are_refused(works: Works) -> None:
    content = shop_bundle()
    works.uploads.add_chunks(1, [(sha1(content), content)])
    wrong = Wanted(org_id=1, project_ids=(1,), checksum=sha1(b"other"), chunks=(sha1(content),))

    refused = works.uploads.assemble(wrong, lambda _m: (), wait_s=60)

    assert (refused.state, "SHA-1" in refused.detail) == (State.ERROR, True)


@pytest.mark.parametrize("checksum", ["", "xyz", "A" * 40, "../../etc/passwd"])
def test_a_checksum_is_a_sha1(works: Works, checksum: str) -> None:
    wanted = Wanted(org_id=1, project_ids=(1,), checksum=checksum, chunks=(checksum,))

    with pytest.raises(Invalid, match="SHA-1"):
        works.uploads.assemble(wanted, lambda _m: ())


def test_a_bundle_is_deleted_only_by_its_own_project(works: Works) -> None:
    works.upload(shop_bundle())
    (stored,) = works.uploads.bundles(SCOPE)
    rival = Scope(org_id=2, project_ids=(2,), role=Role.OWNER)

    with pytest.raises(NotFound):
        works.uploads.delete_bundle(rival, stored["id"])
    works.uploads.delete_bundle(SCOPE, stored["id"])

    assert works.uploads.bundles(SCOPE) == []
    assert works.uploads.bundles(rival) == []


def test_too_many_files_are_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(20_002):
            archive.writestr(str(number), b"")

    with pytest.raises(BundleTooLarge, match="at most 20,000 files"):
        Bundle(packed)


def test_a_damaged_file_is_a_bad_bundle() -> None:
    content = bytearray(shop_bundle())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = archive.getinfo("_/_/1").header_offset + 60
    content[at : at + 60] = b"\xff" * 60

    with pytest.raises(BadBundle):
        list(Bundle(io.BytesIO(bytes(content))).files())


def test_debug_ids_are_found_in_the_files_themselves() -> None:
    spoken = "740CBD46-49A2-5276-B139-A347FA9D4700"
    script = f"a\n//# debugId={spoken}\n//# sourceMappingURL=x.js.map".encode()

    (found,) = files_of(kind="minified_source", url="~/x.js", content=script, headers={})
    (its_map,) = files_of(
        kind="source_map", url="~/x.js.map", content=map_json(debugId=spoken), headers={}
    )

    plain = spoken.replace("-", "").lower()
    assert (found.debug_id, found.map_ref) == (plain, "x.js.map")
    assert its_map.debug_id == plain
