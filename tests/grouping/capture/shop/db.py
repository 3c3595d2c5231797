"""Every statement of the shop goes through `execute`."""

from __future__ import annotations

import sqlite3

_db = sqlite3.connect(":memory:", check_same_thread=False)
_db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL)")
_db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT UNIQUE)")
_db.execute("INSERT INTO users VALUES (1, 'a')")


def execute(statement, values=()):
    return _db.execute(statement, values).fetchall()
