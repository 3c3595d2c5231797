"""Limits of active series: what exceeds them folds into overflow series, and who sends it."""

from watchkeeper.ingest.cardinality.folding import Group, SlotUses, fold
from watchkeeper.ingest.cardinality.guard import SWEEP_MS, Elsewhere, SeriesGuard
from watchkeeper.ingest.cardinality.types import (
    FIXED_LABELS,
    LANE_LABEL,
    OVERFLOW_LABEL,
    WHOLE_PROJECT,
    LabelPolicy,
    MetricReport,
    ProjectRules,
    SeriesLimits,
    current_sender,
    joined_reports,
)

__all__ = [
    "FIXED_LABELS",
    "LANE_LABEL",
    "OVERFLOW_LABEL",
    "SWEEP_MS",
    "WHOLE_PROJECT",
    "Elsewhere",
    "Group",
    "LabelPolicy",
    "MetricReport",
    "ProjectRules",
    "SeriesGuard",
    "SeriesLimits",
    "SlotUses",
    "current_sender",
    "fold",
    "joined_reports",
]
