"""Write web/openapi.json, the source of the web UI's types: `python -m tools.openapi`."""

from __future__ import annotations

import json
from pathlib import Path

from watchkeeper.api.document import openapi_document

TARGET = Path(__file__).parent.parent / "web" / "openapi.json"


def rendered() -> str:
    """The document as it stands in the file."""
    return json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
