"""Samples of the past, brought over from another server. docs/use/move-in.md."""

from watchkeeper.ingest.history.history import History, HistoryAnswer
from watchkeeper.ingest.history.messages import MalformedHistory

__all__ = ["History", "HistoryAnswer", "MalformedHistory"]
