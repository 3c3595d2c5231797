"""What may not be kept: found and taken out before anything touches the disk."""

from watchkeeper.privacy.erasures import (
    Erasure,
    ErasureRequest,
    Erasures,
    ErasureState,
    ErasureStep,
    FoundRows,
)
from watchkeeper.privacy.familiar import SentEvent
from watchkeeper.privacy.hashing import anonymous_id, hashed
from watchkeeper.privacy.policy import (
    Action,
    AddressRule,
    Attachments,
    Emails,
    InvalidRule,
    Policy,
    Rule,
    RuleKind,
    check_policy,
    read_policy,
    write_policy,
)
from watchkeeper.privacy.repo import (
    PolicyRows,
    PolicyWatch,
    days_of,
    newest_event,
    project_days,
    put_days,
    put_policy,
    rows_by_table,
)
from watchkeeper.privacy.rules import FILTERED, without_long_numbers
from watchkeeper.privacy.scrub import Scrubber, ScrubRules
from watchkeeper.privacy.walk import Json

__all__ = [
    "FILTERED",
    "Action",
    "AddressRule",
    "Attachments",
    "Emails",
    "Erasure",
    "ErasureRequest",
    "ErasureState",
    "ErasureStep",
    "Erasures",
    "FoundRows",
    "InvalidRule",
    "Json",
    "Policy",
    "PolicyRows",
    "PolicyWatch",
    "Rule",
    "RuleKind",
    "ScrubRules",
    "Scrubber",
    "SentEvent",
    "anonymous_id",
    "check_policy",
    "days_of",
    "hashed",
    "newest_event",
    "project_days",
    "put_days",
    "put_policy",
    "read_policy",
    "rows_by_table",
    "without_long_numbers",
    "write_policy",
]
