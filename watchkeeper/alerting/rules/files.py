"""Prometheus rule files to types: every field known, every error with group, rule and line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchkeeper.alerting.rules.errors import RuleFileInvalid
from watchkeeper.alerting.rules.templates import TemplateSyntax, parse_template
from watchkeeper.alerting.rules.types import (
    AlertingRule,
    RecordingRule,
    Rule,
    RuleFile,
    RuleGroup,
    rule_key,
)
from watchkeeper.lib.yaml_fields import Fields, YamlError, read_fields
from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql import ParseError, parse

_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ONLY_ALERTS = ("for", "keep_firing_for", "annotations")


def parse_rule_file(name: str, source: str) -> RuleFile:
    """A rule file as its owner wrote it. Raises RuleFileInvalid for the first thing wrong."""
    try:
        return _file(name, read_fields(source))
    except YamlError as error:
        raise RuleFileInvalid(f"{name}: {error}", line=error.line) from error


def _file(name: str, top: Fields) -> RuleFile:
    groups: dict[str, RuleGroup] = {}
    seen: dict[str, int] = {}
    for fields in top.sections("groups"):
        group = _group(name, fields, seen)
        if group.name in groups:
            raise fields.wrong("name", f'group "{group.name}" is repeated in the same file')
        groups[group.name] = group
    top.finish()
    return RuleFile(name=name, groups=tuple(groups.values()))


def _group(file: str, fields: Fields, seen: dict[str, int]) -> RuleGroup:
    name = fields.text("name")
    if not name:
        raise fields.wrong("name", "a group needs a name")
    shared = _labels(fields)
    rules = tuple(_rule(file, name, entry, shared, seen) for entry in fields.sections("rules"))
    group = RuleGroup(
        name=name,
        interval_ms=fields.duration_ms("interval"),
        query_offset_ms=fields.duration_ms("query_offset"),
        limit=fields.count("limit"),
        rules=rules,
        line=fields.line,
    )
    fields.skip("partial_response_strategy")
    fields.finish()
    return group


def _rule(
    file: str, group: str, fields: Fields, shared: Mapping[str, str], seen: dict[str, int]
) -> Rule:
    record, alert = fields.text("record"), fields.text("alert")
    if bool(record) is bool(alert):
        raise YamlError(
            "a rule has exactly one of record and alert",
            line=fields.line,
            path=f"group {group}: {fields.path}",
        )
    name = record or alert
    try:
        return _read(file, group, name, fields, shared, seen, is_alert=bool(alert))
    except YamlError as error:
        where = f'group "{group}", rule "{name}"'
        raise YamlError(f"{where}: {error.reason}", line=error.line, path=error.path) from error


def _read(
    file: str,
    group: str,
    name: str,
    fields: Fields,
    shared: Mapping[str, str],
    seen: dict[str, int],
    *,
    is_alert: bool,
) -> Rule:
    expr = _expr(fields)
    labels = {**shared, **_labels(fields)}
    own = rule_key(file, group, name, expr, str(sorted(labels.items())))
    seen[own] = seen.get(own, 0) + 1
    key = rule_key(own, str(seen[own]))
    line = fields.line
    if is_alert:
        rule: Rule = AlertingRule(
            key=key,
            name=name,
            expr=expr,
            hold_ms=fields.duration_ms("for"),
            keep_firing_ms=fields.duration_ms("keep_firing_for"),
            labels=_templates(fields, "labels", labels),
            annotations=_templates(fields, "annotations", _annotations(fields)),
            line=line,
        )
    else:
        _check_recording(name, fields)
        rule = RecordingRule(key=key, name=name, expr=expr, labels=labels, line=line)
    fields.finish()
    return rule


def _expr(fields: Fields) -> str:
    text = fields.text("expr")
    if not text.strip():
        raise fields.wrong("expr", "expr is empty")
    try:
        parse(text)
    except ParseError as error:
        raise fields.wrong("expr", f"could not parse expression: {error}") from error
    return text.strip()


def _check_recording(name: str, fields: Fields) -> None:
    for field in _ONLY_ALERTS:
        if fields.has(field):
            raise fields.wrong(field, f"{field} is for alerting rules only")
        fields.skip(field)
    if not _METRIC_NAME.fullmatch(name):
        raise fields.wrong("record", f'"{name}" is not a valid metric name')


def _labels(fields: Fields) -> dict[str, str]:
    labels = fields.text_map("labels")
    for name in labels:
        if not _LABEL_NAME.fullmatch(name) or name == METRIC_NAME:
            raise fields.wrong("labels", f'"{name}" is not a valid label name')
    return labels


def _annotations(fields: Fields) -> dict[str, str]:
    annotations = fields.text_map("annotations")
    for name in annotations:
        if not _LABEL_NAME.fullmatch(name):
            raise fields.wrong("annotations", f'"{name}" is not a valid annotation name')
    return annotations


def _templates(fields: Fields, field: str, texts: Mapping[str, str]) -> Mapping[str, str]:
    for name, text in texts.items():
        try:
            parse_template(text)
        except (TemplateSyntax, RecursionError) as error:
            raise fields.wrong(field, f"{name}: {error}") from error
    return texts
