"""What everybody may see of a scrape configuration."""

from __future__ import annotations

import pytest
import yaml

from watchkeeper.ingest.scrape.shown import without_secrets

CONFIG = """
scrape_configs:
  - job_name: shop   # hunter2-comment
    basic_auth: {username: ada, password: hunter2}
    proxy_url: http://proxy:hunter2@proxy.example:3128
    http_headers:
      X-Key: {values: [plain], secrets: [hunter2]}
    tls_config: {cert_file: a.pem, key: "-----hunter2-----"}
    params: {key: [hunter2-of-a-url]}
    static_configs: [{targets: ["shop:80"]}]
  - job_name: keys
    authorization: {type: Bearer, credentials: hunter2}
    oauth2: {client_id: id, client_secret: hunter2, token_url: "http://x/"}
remote_write:
  - url: https://ada:hunter2@peer.example/api/v1/write
    bearer_token: hunter2
"""


def test_secrets_are_left_out_and_the_rest_is_kept() -> None:
    shown = without_secrets(CONFIG)
    assert "hunter2" not in shown
    read = yaml.safe_load(shown)
    first = read["scrape_configs"][0]
    assert first["basic_auth"] == {"username": "ada", "password": "<secret>"}
    assert first["proxy_url"] == "http://proxy:xxxxx@proxy.example:3128"
    assert first["http_headers"]["X-Key"] == {"values": ["plain"], "secrets": ["<secret>"]}
    assert first["static_configs"] == [{"targets": ["shop:80"]}]
    assert read["remote_write"][0]["url"] == "https://ada:xxxxx@peer.example/api/v1/write"


@pytest.mark.parametrize("text", ["", "# nothing", "a: [", "{"])
def test_what_says_nothing_shows_nothing(text: str) -> None:
    assert without_secrets(text) == ""
