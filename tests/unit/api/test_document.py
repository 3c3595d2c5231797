"""web/openapi.json is what the program answers."""

from __future__ import annotations

import json

import httpx

from tools.openapi import TARGET, rendered


def test_the_file_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == rendered(), "run: python -m tools.openapi"


async def test_it_is_served(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/api/wk/openapi.json")

    assert answer.json() == json.loads(rendered())
