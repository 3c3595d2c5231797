from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from watchkeeper.app.config import Config, ConfigError, known_keys, load, variable_of
from watchkeeper.query import EngineOptions, QueryLimits


def write(directory: Path, text: str) -> Path:
    path = directory / "watchkeeper.toml"
    path.write_text(text)
    return path


def test_everything_has_a_default() -> None:
    config = load(None, {}, {})

    assert config.server.listen == "127.0.0.1:8000"
    assert set(config.origins.values()) == {"default"}


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[server]\nlisten = "127.0.0.1:1"\n[log]\nlevel = "debug"\n')
    environ = {"WATCHKEEPER_SERVER_LISTEN": "127.0.0.1:2", "WATCHKEEPER_LOG_FORMAT": "json"}

    config = load(file, environ, {"server.listen": "127.0.0.1:3"})

    assert config.server.listen == "127.0.0.1:3"
    assert (config.log.level, config.log.format) == ("debug", "json")
    assert config.origins["server.listen"] == "--listen"
    assert config.origins["log.format"] == "WATCHKEEPER_LOG_FORMAT"
    assert config.origins["log.level"] == str(file)


def test_a_value_can_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("redis://:hunter2@localhost/0\n")

    config = load(None, {"WATCHKEEPER_STORE_CACHE_URL_FILE": str(secret)}, {})

    assert config.store.cache_url == "redis://:hunter2@localhost/0"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[sever]\n", "Did you mean server?"),
        ('[server]\nlisen = "x"\n', "Did you mean server.listen"),
        ('[server]\nlisten = "nowhere"\n', "listen must be HOST:PORT"),
        ("[server]\nlisten = 8000\n", "server.listen must be text"),
        ("[retention]\nerrors_days = 1.5\n", "retention.errors_days must be a whole number"),
        ("[retention]\nerrors_days = true\n", "retention.errors_days must be a whole number"),
        ("[retention]\nerrors_days = 0\n", "errors_days must be 1..3650"),
        ('[outbound]\nallow = ["10.0.0.0/33"]\n', "10.0.0.0/33"),
        ('[log]\nlevel = "loud"\n', "level must be debug, info, warning or error"),
        ('[store]\ncolumns_url = "http://x"\n', "columns_url must start with clickhouse"),
        ("server = 1\n", "unknown section [server]"),
        ('[server]\ntls_key_file = "k"\n', "tls_key_file is of no use without tls_cert_file"),
        ('[syslog]\nlisten = ["tls://:6514"]\n', "set syslog.tls_cert_file"),
        ('[statsd]\nlisten = ["tls://:8125"]\n', "StatsD has no TLS"),
        ("not toml", "not valid TOML"),
    ],
)
def test_a_wrong_setting_refuses_and_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path, text)

    with pytest.raises(ConfigError) as refused:
        load(file, {}, {})

    assert named in str(refused.value)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("WATCHKEEPER_LISTEN", "x", "WATCHKEEPER_SERVER_LISTEN?"),
        ("WATCHKEEPER_SCRAPE_HOST_METRICS", "perhaps", "scrape.host_metrics must be true or false"),
        ("WATCHKEEPER_STORE_META_URL_FILE", "/nowhere/at/all", "cannot be read"),
    ],
)
def test_a_wrong_variable_refuses_and_is_named(variable: str, value: str, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(None, {variable: value}, {})

    assert named in str(refused.value)
    assert variable in str(refused.value)


def test_a_list_is_comma_separated_in_a_variable() -> None:
    config = load(None, {"WATCHKEEPER_OUTBOUND_ALLOW": "10.0.0.0/8, 192.168.0.0/16"}, {})

    assert config.outbound.allow == ("10.0.0.0/8", "192.168.0.0/16")


def test_each_setting_has_a_variable_of_its_own() -> None:
    variables = [variable_of(key) for key in known_keys()]

    assert len(set(variables)) == len(variables)


def test_the_settings_of_queries_are_the_defaults_of_the_engine() -> None:
    """They are declared twice, so that the edge need not load the engine."""
    promql, query = Config().promql, Config().query
    limits = QueryLimits()

    assert asdict(promql) == asdict(EngineOptions())
    named = set(asdict(query)) & set(asdict(limits))
    assert named == {
        "max_samples", "max_points", "timeout_s", "max_concurrent", "max_queued", "queue_timeout_s",
    }  # fmt: skip
    assert all(getattr(query, name) == getattr(limits, name) for name in named)
