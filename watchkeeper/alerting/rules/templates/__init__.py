"""The part of Go's text/template that rules use, with Prometheus's functions."""

from watchkeeper.alerting.rules.templates.errors import TemplateFailed, TemplateSyntax
from watchkeeper.alerting.rules.templates.expand import Given, expand_template, no_query
from watchkeeper.alerting.rules.templates.parser import parse_template
from watchkeeper.alerting.rules.templates.values import Sample, go_float

__all__ = [
    "Given",
    "Sample",
    "TemplateFailed",
    "TemplateSyntax",
    "expand_template",
    "go_float",
    "no_query",
    "parse_template",
]
