"""Exemplars: single observations behind a series, with the trace that each belongs to."""

from watchkeeper.query.exemplars.repo import ColumnsExemplars
from watchkeeper.query.exemplars.types import Exemplar, ExemplarSource, SeriesExemplars

__all__ = ["ColumnsExemplars", "Exemplar", "ExemplarSource", "SeriesExemplars"]
