"""prometheus.yml as its owner wrote it, and relabelling by the steps in it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random

from tests.fuzz.target import Run, Target
from watchkeeper.ingest.scrape import ScrapeConfigInvalid, parse_config
from watchkeeper.ingest.scrape.relabel import Action, relabel

_GOLDEN = Path(__file__).parents[2] / "golden/prometheus"
_LABELS = {
    "__address__": "a:1",
    "__name__": "up",
    "job": "j",
    "le": "0.5",
    "x": "é\nb",
    "__meta_a": "1",
}
_FIELDS = (
    "global: ", "scrape_configs: ", "- job_name: ", "scrape_interval: ", "static_configs: ",
    "targets: ", "labels: ", "relabel_configs: ", "metric_relabel_configs: ", "source_labels: ",
    "regex: ", "action: ", "replacement: ", "target_label: ", "modulus: ", "separator: ",
    "file_sd_configs: ", "basic_auth: ", "tls_config: ", "params: ", "sample_limit: ",
    "body_size_limit: ", "external_labels: ", "honor_labels: ", "scrape_protocols: ",
    "http_sd_configs: ", "dns_sd_configs: ", "authorization: ", "oauth2: ", "url: ",
)  # fmt: skip
_SCALARS = (
    "x", "'1m'", "[a, b]", "{a: b}", "'['", "'(a*)*'", "0", "-1", "1e9", "true", "~", "$1",
    "${a}", "'99999y'", "10MB", "!!binary x", "&a [*a]", "*a", "<<", "2026-11-21", "0o7", ".inf",
    "|\n  a", "'\\u0000'", "1_000",
)  # fmt: skip
_TOKENS = tuple(
    text.encode() for text in (*_FIELDS, *_SCALARS, "  ", "- ", "\n", ": ", "#", "---\n", "? ", "%")
)


@cache
def _golden() -> tuple[bytes, ...]:
    return tuple(path.read_bytes()[:3000] for path in sorted(_GOLDEN.glob("*.yml")))


def _config() -> Run:
    def run(data: bytes) -> str:
        config = parse_config(data.decode("utf-8", "replace"))
        for job in config.jobs:
            for steps in (job.relabel, job.metric_relabel):
                _check(relabel(dict(_LABELS), steps))
        return f"{min(len(config.jobs), 2)} jobs"

    return run


def _check(labels: dict[str, str] | None) -> None:
    for name, value in (labels or {}).items():
        f"{name}{value}".encode()
        assert value, "an empty value is kept"


def _step(rng: Random) -> str:
    fields = [f"action: {rng.choice([each.value for each in Action])}"]
    options = (
        "source_labels: [job, x]", "source_labels: [__name__]", "regex: '(.*)'", "regex: 'j;(.).*'",
        "regex: '[a-z_]+'", "target_label: new", "target_label: '${1}'", "replacement: '$1-$2'",
        "replacement: ''", "modulus: 8", "separator: ''", "target_label: x", "regex: '__meta_(.+)'",
    )  # fmt: skip
    fields += {rng.choice(options) for _ in range(int(rng.random() * 5))}
    return "{" + ", ".join(fields) + "}"


def _document(rng: Random) -> bytes:
    steps = ", ".join(_step(rng) for _ in range(int(rng.random() * 3)))
    lines = ["scrape_configs:", "- job_name: a", f"  relabel_configs: [{steps}]"]
    for _ in range(int(rng.random() * 3)):
        lines.append(f"  {rng.choice(_FIELDS[3:]).lstrip('- ')}{rng.choice(_SCALARS)}")
    if rng.random() < 0.3:
        lines.insert(0, f"global: {{{rng.choice(_FIELDS[3:])}{rng.choice(_SCALARS)}}}")
    return "\n".join(lines).encode()


_ONE_STEP = "scrape_configs: [{job_name: a, relabel_configs: [%s]}]"


def _relabel() -> Run:
    """Inputs are steps alone, told apart from labels by a line `---`."""

    def run(data: bytes) -> str:
        text = data.decode("utf-8", "replace")
        steps, _, told = text.partition("\n---\n")
        config = parse_config(_ONE_STEP % steps)
        labels = dict(re.findall(r"(\w+)=([^\n]+)", told))
        for job in config.jobs:
            found = relabel({**_LABELS, **labels}, job.relabel)
            _check(found)
        return "dropped" if found is None else f"kept {len(found) - len(_LABELS)}"

    return run


def _steps(rng: Random) -> bytes:
    steps = ", ".join(_step(rng) for _ in range(1 + int(rng.random() * 3)))
    return f"{steps}\n---\njob=a{int(rng.random() * 9)}\nnew=y".encode()


TARGETS = (
    Target(
        name="prometheus-yml",
        make=_config,
        refusals=(ScrapeConfigInvalid,),
        generate=_document,
        seeds=_golden,
        tokens=_TOKENS,
        share=6,
    ),
    Target(
        name="relabel",
        make=_relabel,
        refusals=(ScrapeConfigInvalid,),
        generate=_steps,
        tokens=(
            *_TOKENS,
            b"action: keepequal",
            b"action: hashmod",
            b"(?P<n>",
            b"\\1",
            b"$0",
            b"${n}",
        ),
        share=8,
    ),
)
