"""A start stays short: what need not be there when the server becomes healthy is not loaded.

Seconds depend on the machine; what is loaded and made does not.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

NEVER = ("chdb", "alembic", "pyarrow", "pandas", "grpc", "rich", "typer")
"""What a process loads when somebody asks for it, or never."""
NOT_IN_THE_EDGE = (*NEVER, "fastapi", "pydantic")
NOT_AT_ONCE = (*NOT_IN_THE_EDGE, "sqlalchemy", "numpy", "structlog")


def _after(statement: str, expression: str) -> object:
    """The value of the expression, which is JSON, in a new interpreter after the statement."""
    program = f"import gc, json, sys\n{statement}\nprint(json.dumps({expression}))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    value: object = json.loads(done.stdout)
    return value


@pytest.mark.parametrize("role", ["serve", "engine"])
def test_an_entry_point_loads_next_to_nothing(role: str) -> None:
    assert _loaded(f"import watchkeeper.app.roles.{role}", NOT_AT_ONCE) == []


@pytest.mark.parametrize(
    ("module", "late"),
    [("watchkeeper.app.roles.public", NOT_IN_THE_EDGE), ("watchkeeper.app.engine", NEVER)],
)
def test_the_rooms_load_no_more_than_the_start_needs(module: str, late: tuple[str, ...]) -> None:
    start = "from watchkeeper.app.starting import make_imports_light; make_imports_light()"

    assert _loaded(f"{start}\nimport {module}", late) == []


def _loaded(statement: str, names: tuple[str, ...]) -> object:
    return _after(statement, f"[name for name in {names!r} if name in sys.modules]")


def test_no_route_and_no_validator_of_the_json_api_is_made_before_it_is_asked() -> None:
    made = _after(
        "from watchkeeper.api.wk import wk_routes\n"
        "from watchkeeper.api.wk.shapes import Answer\n"
        "def below(kind): return [kind, *(c for k in kind.__subclasses__() for c in below(k))]",
        "[[route.path for route in wk_routes() if 'made' in vars(route)],"
        " [c.__name__ for c in below(Answer) if c.__pydantic_complete__]]",
    )

    assert made == [[], []]


def test_the_collector_rests_until_the_start_is_over() -> None:
    rests_then_works = _after(
        "from watchkeeper.lib.collector import hold_off, spare_what_stays\n"
        "hold_off(); before = gc.isenabled(); spare_what_stays()",
        "[before, gc.isenabled(), gc.get_freeze_count() > 1000]",
    )

    assert rests_then_works == [False, True, True]
