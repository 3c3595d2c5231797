"""Watchkeeper: one self-hosted server for a small team's whole view of its product."""

__version__ = "0.1.0"
