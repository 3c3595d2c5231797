"""Fixtures that start something are plugins, so that a session starts each of them once."""

pytest_plugins = [
    "tests.servers.postgresql",
    "tests.servers.redis",
    "tests.servers.s3",
    "tests.servers.databases",
]
