"""Alert and recording rules: Prometheus rule files, their evaluation, the life of alerts."""

from watchkeeper.alerting.rules.book import Rules
from watchkeeper.alerting.rules.changes import Change, Changes
from watchkeeper.alerting.rules.errors import EvaluationFailed, RuleFileInvalid, RuleFileOnDisk
from watchkeeper.alerting.rules.evaluator import (
    Announce,
    Evaluator,
    EvaluatorOptions,
    GroupStatus,
)
from watchkeeper.alerting.rules.files import parse_rule_file
from watchkeeper.alerting.rules.lint import Hint, HintLevel, lint_rates, lint_selectors
from watchkeeper.alerting.rules.repo import (
    StoredAlert,
    forget_history,
    history,
    load_states,
    number_out,
)
from watchkeeper.alerting.rules.state import AlertState, Phase, Seen, advance
from watchkeeper.alerting.rules.types import (
    AlertingRule,
    RecordingRule,
    Rule,
    RuleFile,
    RuleGroup,
    RuleHealth,
    StoredRuleFile,
)

__all__ = [
    "AlertState",
    "AlertingRule",
    "Announce",
    "Change",
    "Changes",
    "EvaluationFailed",
    "Evaluator",
    "EvaluatorOptions",
    "GroupStatus",
    "Hint",
    "HintLevel",
    "Phase",
    "RecordingRule",
    "Rule",
    "RuleFile",
    "RuleFileInvalid",
    "RuleFileOnDisk",
    "RuleGroup",
    "RuleHealth",
    "Rules",
    "Seen",
    "StoredAlert",
    "StoredRuleFile",
    "advance",
    "forget_history",
    "history",
    "lint_rates",
    "lint_selectors",
    "load_states",
    "number_out",
    "parse_rule_file",
]
