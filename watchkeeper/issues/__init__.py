"""Errors as people work on them: issues, their events, and the series that alerts watch."""

from watchkeeper.issues.change import IssueChange
from watchkeeper.issues.consume import ErrorSink
from watchkeeper.issues.derived import ErrorsSource
from watchkeeper.issues.desk import IssueRef, Issues
from watchkeeper.issues.frames import (
    ContextLine,
    Minified,
    Relation,
    ShownException,
    ShownFrame,
    ShownThread,
    Stacks,
    stacks_of,
)
from watchkeeper.issues.metrics import IssueMetrics
from watchkeeper.issues.types import (
    Activity,
    ErrorEvent,
    Issue,
    IssuePage,
    IssueQuery,
    IssueRow,
    IssueSort,
    IssueStats,
    IssueStatus,
    SeverityStats,
    TagBreakdown,
    TagValue,
)

__all__ = [
    "Activity",
    "ContextLine",
    "ErrorEvent",
    "ErrorSink",
    "ErrorsSource",
    "Issue",
    "IssueChange",
    "IssueMetrics",
    "IssuePage",
    "IssueQuery",
    "IssueRef",
    "IssueRow",
    "IssueSort",
    "IssueStats",
    "IssueStatus",
    "Issues",
    "Minified",
    "Relation",
    "SeverityStats",
    "ShownException",
    "ShownFrame",
    "ShownThread",
    "Stacks",
    "TagBreakdown",
    "TagValue",
    "stacks_of",
]
