"""Bundles and events as tools and SDKs make them, for tests."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

SCRIPT = "https://shop.example/assets/main.js"
SOURCE = "export function pay(cart) {\n  const total = cart.total;\n  throw new Error(total);\n}\n"
DEBUG_ID = "740cbd46-49a2-5276-b139-a347fa9d4700"


def map_json(
    *, column: int = 4, name: str = "src/cart.ts", source: str = SOURCE, **more: Any
) -> bytes:
    """A map that leads from line 1, this column of the bundle to line 3 of the source."""
    import ecma426
    from ecma426.model import Mapping as Token

    token = Token(
        generated_line=0,
        generated_column=column,
        source=f"../../{name}",
        original_line=2,
        original_column=2,
        name=None,
    )
    made = ecma426.encode([token])
    return json.dumps({**made, "sourcesContent": [source], **more}).encode()


def bundle(files: Mapping[str, tuple[str, bytes, Mapping[str, str]]], **manifest: Any) -> bytes:
    """A bundle of sentry-cli. files: address → (type, content, headers)."""
    packed = io.BytesIO()
    named = {f"_/_/{number}": (url, *file) for number, (url, file) in enumerate(files.items())}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        listed = {
            path: {"url": url, "type": kind, "headers": dict(headers)}
            for path, (url, kind, _content, headers) in named.items()
        }
        archive.writestr("manifest.json", json.dumps({"files": listed, **manifest}))
        for path, (_url, _kind, content, _headers) in named.items():
            archive.writestr(path, content)
    return b"SYSB\x02\x00\x00\x00" + packed.getvalue()


def shop_bundle(*, column: int = 4, debug_id: str = DEBUG_ID, **manifest: Any) -> bytes:
    """One script with its map, both with a debug id unless that is empty."""
    ids = {"debug-id": debug_id} if debug_id else {}
    return bundle(
        {
            "~/assets/main.js": (
                "minified_source",
                b"var a=1;\n//# sourceMappingURL=main.js.map",
                {**ids, "sourcemap": "main.js.map"},
            ),
            "~/assets/main.js.map": ("source_map", map_json(column=column), ids),
        },
        **manifest,
    )


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def error_json(number: int, *, column: int = 5, debug_id: str = DEBUG_ID, **fields: Any) -> bytes:
    """An event of @sentry/browser with one frame. debug_id empty: none is sent."""
    frame = {
        "filename": SCRIPT,
        "abs_path": SCRIPT,
        "function": "t",
        "lineno": 1,
        "colno": column,
        "in_app": True,
    }
    event: dict[str, Any] = {
        "event_id": f"{number:032x}",
        "timestamp": 1_795_224_000.0,
        "platform": "javascript",
        "exception": {
            "values": [{"type": "Error", "value": "5", "stacktrace": {"frames": [frame]}}]
        },
    }
    if debug_id:
        image = {"type": "sourcemap", "code_file": SCRIPT, "debug_id": debug_id}
        event["debug_meta"] = {"images": [image]}
    return json.dumps(event | fields).encode()
