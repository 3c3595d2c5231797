"""Runs Alembic. Imported only when there is something to migrate: Alembic is heavy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 0x5741544348  # any number, the same in every process: one upgrade at a time on PostgreSQL


def alembic_config(conn: Connection) -> Config:
    """What alembic.ini would say; the scripts lie in the package."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def migrate(conn: Connection, *, is_current: Callable[[], bool]) -> None:
    """Run every missing migration in one transaction; all or nothing.

    is_current: asked again under the lock, since another process may have been first.
    """
    _foreign_keys(conn, "OFF")
    try:
        with conn.begin():
            if conn.dialect.name == "postgresql":
                conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            if not is_current():
                command.upgrade(alembic_config(conn), "head")
    finally:
        _foreign_keys(conn, "ON")


def _foreign_keys(conn: Connection, switch: str) -> None:
    """SQLite alters a table by copying it; with foreign keys on, that would delete its children."""
    driver = conn.connection.driver_connection
    if conn.dialect.name == "sqlite" and driver is not None:
        driver.execute(f"PRAGMA foreign_keys = {switch}")
