"""What reading OTLP raises."""

from __future__ import annotations


class MalformedOtlp(Exception):
    """The body, or an attribute in it, cannot be read; the text says why in one safe sentence."""


class TooManyParts(Exception):
    """The body holds more messages than may be in memory at once."""
