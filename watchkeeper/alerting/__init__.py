"""From rules to people: what fires, who is told, and how it went."""

from watchkeeper.alerting.alerts import ActiveAlert, AlertChange, Alerts, SentOrNot
from watchkeeper.alerting.channel_list import Channel, Channels, TestResult
from watchkeeper.alerting.deliver import Deliverer
from watchkeeper.alerting.pipeline import new_announce, new_line
from watchkeeper.alerting.prometheus import alerts_answer, rule_state, rules_answer
from watchkeeper.alerting.rules import (
    Evaluator,
    EvaluatorOptions,
    GroupStatus,
    RuleFileInvalid,
    RuleFileOnDisk,
    Rules,
    StoredRuleFile,
)

__all__ = [
    "ActiveAlert",
    "AlertChange",
    "Alerts",
    "Channel",
    "Channels",
    "Deliverer",
    "Evaluator",
    "EvaluatorOptions",
    "GroupStatus",
    "RuleFileInvalid",
    "RuleFileOnDisk",
    "Rules",
    "SentOrNot",
    "StoredRuleFile",
    "TestResult",
    "alerts_answer",
    "new_announce",
    "new_line",
    "rule_state",
    "rules_answer",
]
