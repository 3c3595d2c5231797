"""The SQL of access, a file a table or two. Each function works in the caller's transaction."""

from watchkeeper.access.repo import credentials, keys, people, tenants, trail

__all__ = ["credentials", "keys", "people", "tenants", "trail"]
