"""Alembic's environment. Lives in the package, so that a wheel can migrate without alembic.ini."""
