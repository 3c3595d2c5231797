"""What the rules room raises."""

from __future__ import annotations

from watchkeeper.lib.errors import Conflict, Invalid


class RuleFileInvalid(Invalid):
    """A rule file cannot be used; the sentence names group, rule, field and line (1-based)."""

    code = "rule_file_invalid"

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class RuleFileOnDisk(Conflict):
    """The file stands on the operator's disk; it is changed there."""

    code = "rule_file_on_disk"


class EvaluationFailed(ValueError):
    """A rule gave something that cannot be stored; the sentence is shown as its last error."""
