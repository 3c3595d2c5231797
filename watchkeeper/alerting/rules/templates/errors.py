"""What the template room raises."""

from __future__ import annotations


class TemplateSyntax(ValueError):
    """The text is not a template; the sentence says where (1-based line)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"template: line {line}: {message}")


class TemplateFailed(ValueError):
    """A template could not be expanded with the values that it got."""
