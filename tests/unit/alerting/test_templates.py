"""Templates of labels and annotations print what Prometheus prints."""
# ruff: noqa: E501

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.alerting.rules.templates import (
    Given,
    Sample,
    TemplateSyntax,
    expand_template,
    parse_template,
)


def query(expression: str) -> Sequence[Sample]:
    if expression == "empty":
        return []
    return [Sample({"instance": "b", "v": "2"}, 11.0), Sample({"instance": "a", "v": "1"}, 21.0)]


def expanded(source: str, value: float = 0.123456789, **labels: str) -> str:
    given = Given(
        labels={"instance": "host-1:9100", "job": "node", **labels},
        value=value,
        now_ms=1_435_065_584_128,
        external_labels={"cluster": "c1"},
        external_url="https://wk.example/prefix",
        query=query,
    )
    return expand_template(source, given)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain { text }", "plain { text }"),
        ("It is {{ $value }} errors per second", "It is 0.123456789 errors per second"),
        ("{{$labels.job}} on {{ .Labels.instance }}", "node on host-1:9100"),
        ("[{{ $labels.missing }}]", "[]"),
        ("{{ .Value }}", "0.123456789"),
        ("{{ $externalLabels.cluster }} {{ .ExternalURL }}", "c1 https://wk.example/prefix"),
        ("{{ externalURL }} {{ pathPrefix }}", "https://wk.example/prefix /prefix"),
        ("{{ $value | humanize }}", "123.5m"),
        ("{{ humanizePercentage $value }}", "12.35%"),
        ("{{ printf \"%.2f\" $value }}", "0.12"),
        ("{{ $value | printf \"%.1f%%\" }}", "0.1%"),
        ("{{ printf \"%5.1f|%-4s|%03d\" $value \"a\" 7 }}", "  0.1|a   |007"),
        ("{{ printf \"%d\" $value }}", "%!d(float64=0.123456789)"),
        ("{{ printf \"%s %v %q\" \"a\" true \"b\" }}", 'a true "b"'),
        ("{{ if gt $value 0.1 }}high{{ else }}low{{ end }}", "high"),
        ("{{ if lt $value 0.1 }}a{{ else if eq $labels.job \"node\" }}b{{ else }}c{{ end }}", "b"),
        ("{{ if and (gt $value 0.1) (eq $labels.job \"x\") }}y{{ else }}n{{ end }}", "n"),
        ("{{ if not $labels.missing }}none{{ end }}", "none"),
        ("{{ with $labels.job }}<{{ . }}>{{ end }}", "<node>"),
        ("{{ with $labels.nope }}x{{ else }}empty{{ end }}", "empty"),
        ("{{ range $k, $v := $labels }}{{ $k }}={{ $v }} {{ end }}", "instance=host-1:9100 job=node "),
        ("{{ range query \"x\" }}{{ .Labels.instance }}:{{ .Value }} {{ end }}", "b:11 a:21 "),
        ("{{ range query \"empty\" }}x{{ else }}none{{ end }}", "none"),
        ("{{ query \"x\" | first | value }}", "11"),
        ("{{ query \"x\" | sortByLabel \"instance\" | first | label \"v\" }}", "1"),
        # Only the first round prints.
        ("{{ range $i, $r := query \"x\" }}{{ if $i }}{{ break }}{{ end }}{{ $r.Value }}{{ end }}", "11"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("a {{- /* gone */ -}} b", "ab"),
        ("a  {{- 1 -}}  b", "a1b"),
        ("{{ define \"t\" }}<{{ .arg0 }}/{{ .arg1 }}>{{ end }}{{ template \"t\" (args 1 \"b\") }}", "<1/b>"),
        ("{{ \"a:b\" | reReplaceAll \"(.*):(.*)\" \"$2-$1\" }}", "b-a"),
        ("{{ match \"^no.e$\" $labels.job }}", "true"),
        ("{{ title \"hello world\" }} {{ toUpper \"x\" }} {{ toLower \"Y\" }}", "Hello World X y"),
        ("{{ stripPort $labels.instance }}", "host-1"),
        ("{{ stripDomain \"a.b.example:80\" }}", "a:80"),
        ("{{ stripPort \"[::1]:80\" }}", "::1"),
        ("{{ graphLink \"up == 0\" }}", "/graph?g0.expr=up+%3D%3D+0&g0.tab=0"),
        ("{{ 1435065584.128 | humanizeTimestamp }}", "2015-06-23 13:19:44.128 +0000 UTC"),
        ("{{ index $labels \"job\" }} {{ len $labels.job }} {{ slice $labels.job 1 3 }}", "node 4 od"),
        ("{{ print 1 2 \"a\" 3 }}", "1 2a3"),
        ("{{ `raw\\n` }}", "raw\\n"),
        ("{{ \"tab\\t\" }}|", "tab\t|"),
        ("{{ parseDuration \"1h30m\" }}", "5400"),
        ("{{ html \"<a href=\\\"x\\\">\" }}", "&lt;a href=&#34;x&#34;&gt;"),
        ("{{ eq $labels.job \"x\" \"node\" }}", "true"),
    ],
)  # fmt: skip
def test_a_template_prints(source: str, expected: str) -> None:
    assert expanded(source) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (123456789.0, "123456789"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (1.5e-7, "1.5e-07"),
        (-0.25, "-0.25"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (1 / 3, "0.3333333333333333"),
    ],
)
def test_a_value_prints_as_go_prints_it(value: float, expected: str) -> None:
    assert expanded("{{ $value }}", value) == expected


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        ("humanize", 0.0, "0"),
        ("humanize", 1.0, "1"),
        ("humanize", 1234567.0, "1.235M"),
        ("humanize", 0.00012, "120u"),
        ("humanize", -999.0, "-999"),
        ("humanize", math.inf, "+Inf"),
        ("humanize1024", 0.5, "0.5"),
        ("humanize1024", 1048576.0, "1Mi"),
        ("humanize1024", 1500.0, "1.465ki"),
        ("humanizeDuration", 0.0, "0s"),
        ("humanizeDuration", 1.5, "1.5s"),
        ("humanizeDuration", 59.0, "59s"),
        ("humanizeDuration", 60.0, "1m 0s"),
        ("humanizeDuration", 3600.0, "1h 0m 0s"),
        ("humanizeDuration", 90061.0, "1d 1h 1m 1s"),
        ("humanizeDuration", -60.0, "-1m 0s"),
        ("humanizeDuration", 0.1, "100ms"),
        ("humanizePercentage", 0.001, "0.1%"),
        ("humanizePercentage", 1.0, "100%"),
        ("humanizePercentage", 123.456, "1.235e+04%"),
        ("humanizeTimestamp", 0.0, "1970-01-01 00:00:00 +0000 UTC"),
    ],
)
def test_numbers_for_people(function: str, value: float, expected: str) -> None:
    assert expanded(f"{{{{ {function} $value }}}}", value) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{",
        "{{ $value",
        "{{ $nope }}",
        "{{ nope }}",
        "{{ if true }}",
        "{{ end }}",
        "{{ else }}",
        "{{ if }}x{{ end }}",
        "{{ break }}",
        "{{ 'x }}",
        '{{ "unclosed }}',
        "{{ ( 1 }}",
        "{{ $value | }}",
        "{{ $value | 1 }}",
        "{{ 1 2 | }}",
        "{{ ! }}",
        "{{ if true }}a{{ else }}b{{ else }}c{{ end }}",
        "{{ $x = 1 }}",
    ],
)
def test_what_is_no_template_is_refused(source: str) -> None:
    with pytest.raises(TemplateSyntax, match="template: line 1"):
        parse_template(source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ if gt $value 5 }}x{{ end }}", "incompatible types for comparison"),
        ('{{ query "empty" | first }}', "first() called on vector with no elements"),
        ('{{ humanize "x" }}', "invalid syntax"),
        ("{{ $value.foo }}", "can't evaluate field foo in type float64"),
        ('{{ template "nope" }}', "not defined"),
        ('{{ reReplaceAll "(" "" "" }}', "missing closing )"),
        ("{{ len 1 }}", "len of this type"),
        ("{{ humanize }}", "wrong number of args for humanize"),
        ('{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}', "maximum template depth"),
        ('{{ printf "%999d" 1 | printf "%999s%999s%999s" | len }}x{{ nil.x }}', "error expanding"),
    ],
)
def test_a_template_that_fails_says_so_in_its_text(source: str, reason: str) -> None:
    text = expanded(source)
    assert text.startswith("<error expanding template: ")
    assert reason in text


def test_a_template_cannot_grow_without_bound() -> None:
    inner = "{{ range query `x` }}" * 8 + "{{ printf `%999s` `x` }}" + "{{ end }}" * 8
    assert "longer than" in expanded(inner)


WORDS = (
    "$value", "$labels", ".", ".Labels.x", "$", "1", "-2.5", '"s"', "`r`", "nil", "true", "(", ")",
    "|", "if", "else", "end", "range", "with", "$x :=", "printf", '"%d %5.2f %c %q"', "query", "first",
    "humanize", "humanizeTimestamp", "index", "slice", "len", "eq", "lt", "and", "not", "args", "define",
    "template", "break", "1e300", "99999999999999999999", "html", "toTime", "reReplaceAll", "}}", "{{",
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join), min_size=1, max_size=5),
    st.floats(),
)
def test_random_templates_are_refused_or_printed(actions: list[str], value: float) -> None:
    source = "text".join(f"{{{{ {action} }}}}" for action in actions)
    with suppress(TemplateSyntax):
        parse_template(source)
        assert isinstance(expanded(source, value), str)
