"""Errors as people work on them: issues, their events, and the series that alerts watch."""

from watchkeeper.issues.acts import Changed, IssueActs, Undone
from watchkeeper.issues.by_event import IssuesByEvent
from watchkeeper.issues.change import IssueChange
from watchkeeper.issues.complete import Completion
from watchkeeper.issues.consume import ErrorSink
from watchkeeper.issues.derived import ErrorsSource
from watchkeeper.issues.desk import Issues
from watchkeeper.issues.facts import Facts
from watchkeeper.issues.feedback import Feedback, FeedbackPage, FeedbackReads
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
from watchkeeper.issues.grouping import VERSIONS as GROUPING_VERSIONS
from watchkeeper.issues.intent import Intent
from watchkeeper.issues.lapse import Ignoring, Resolution, ResolvedIn
from watchkeeper.issues.merged import Parts
from watchkeeper.issues.metrics import IssueMetrics
from watchkeeper.issues.pages import EventPage
from watchkeeper.issues.rates import ErrorGroups, ErrorSummary, ErrorTotals, GroupBy
from watchkeeper.issues.repo.counts import Filter as ErrorFilter
from watchkeeper.issues.repo.events import NewEvent
from watchkeeper.issues.repo.feedback import FeedbackFilter
from watchkeeper.issues.searches import SavedSearch, SearchDraft, Searches, SeverityRule
from watchkeeper.issues.similar import Similar
from watchkeeper.issues.types import (
    Activity,
    Comment,
    ErrorEvent,
    Issue,
    IssuePage,
    IssueQuery,
    IssueRef,
    IssueRow,
    IssueSort,
    IssueStats,
    IssueStatus,
    SeverityStats,
    TagBreakdown,
    TagValue,
    ValuesOfTag,
)
from watchkeeper.issues.why import Explanation
from watchkeeper.issues.why import Side as GroupedEvent

__all__ = [
    "GROUPING_VERSIONS",
    "Activity",
    "Changed",
    "Comment",
    "Completion",
    "ContextLine",
    "ErrorEvent",
    "ErrorFilter",
    "ErrorGroups",
    "ErrorSink",
    "ErrorSummary",
    "ErrorTotals",
    "ErrorsSource",
    "EventPage",
    "Explanation",
    "Facts",
    "Feedback",
    "FeedbackFilter",
    "FeedbackPage",
    "FeedbackReads",
    "GroupBy",
    "GroupedEvent",
    "Ignoring",
    "Intent",
    "Issue",
    "IssueActs",
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
    "IssuesByEvent",
    "Minified",
    "NewEvent",
    "Parts",
    "Relation",
    "Resolution",
    "ResolvedIn",
    "SavedSearch",
    "SearchDraft",
    "Searches",
    "SeverityRule",
    "SeverityStats",
    "ShownException",
    "ShownFrame",
    "ShownThread",
    "Similar",
    "Stacks",
    "TagBreakdown",
    "TagValue",
    "Undone",
    "ValuesOfTag",
    "stacks_of",
]
