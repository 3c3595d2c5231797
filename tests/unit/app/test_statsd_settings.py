"""What the settings of StatsD mean: sockets, projects, tags, and the address that is shown."""

from __future__ import annotations

import pytest

from watchkeeper.app.addresses import addresses_of
from watchkeeper.app.config import ConfigError, load
from watchkeeper.app.options import StatsdOptions
from watchkeeper.app.statsd import statsd_listeners, tag_policy


def shown(*listen: str) -> str:
    return addresses_of(
        "https://watch.example.com",
        project_id=1,
        public_key="",
        server_key="",
        api_token="",
        statsd=StatsdOptions(listen=listen),
    ).statsd_address


def test_without_settings_statsd_is_on_loopback_for_the_first_project() -> None:
    listeners = statsd_listeners(StatsdOptions(), is_optional=True)

    assert [(str(each.address), each.project) for each in listeners] == [
        ("udp://127.0.0.1:8125", ""),
        ("tcp://127.0.0.1:8125", ""),
        ("udp://[::1]:8125", ""),
        ("tcp://[::1]:8125", ""),
    ]


def test_a_listener_belongs_to_a_project() -> None:
    options = StatsdOptions(listen=("acme/web=udp://0.0.0.0:8125", "unix:///run/a=b.sock"))

    listeners = statsd_listeners(options, is_optional=False)

    assert [(str(each.address), each.project, each.is_optional) for each in listeners] == [
        ("udp://0.0.0.0:8125", "acme/web", False),
        ("unix:///run/a=b.sock", "", False),
    ]


def test_tags_are_chosen_for_all_projects_or_for_one() -> None:
    options = StatsdOptions(hash_tags=("user_id", "acme/web=email"), drop_tags=("acme/api=ip",))

    web = tag_policy(options, "acme/web", b"salt")
    api = tag_policy(options, "acme/api", b"salt")

    assert (sorted(web.hash), sorted(web.drop)) == (["email", "user_id"], [])
    assert (sorted(api.hash), sorted(api.drop)) == (["user_id"], ["ip"])


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        (("localhost:8125",), "127.0.0.1:8125"),
        (("unix:///run/x.sock", "udp://0.0.0.0:9125"), "watch.example.com:9125"),
        (("tcp://127.0.0.1:8125",), ""),
        ((), ""),
    ],
)
def test_the_address_shown_is_one_that_works(listen: tuple[str, ...], address: str) -> None:
    assert shown(*listen) == address


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WATCHKEEPER_STATSD_LISTEN", "8125", "is no address"),
        ("WATCHKEEPER_STATSD_FLUSH_INTERVAL_S", "0", "must be 0.1..60"),
        ("WATCHKEEPER_STATSD_TTL_S", "-1", "0 or more"),
        ("WATCHKEEPER_STATSD_MAX_SERIES", "0", "must be 1..1000000"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=variable) as refused:
        load(None, {variable: value}, {})

    assert said in str(refused.value)


def test_the_agent_s_variables_are_not_the_server_s() -> None:
    assert load(None, {"WATCHKEEPER_AGENT_URL": "https://h"}, {}).file is None
