"""prometheus.yml to types: every field known, every error with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from watchkeeper.ingest.scrape.client_fields import read_client
from watchkeeper.ingest.scrape.errors import ScrapeConfigInvalid
from watchkeeper.ingest.scrape.fields import (
    read_body_size,
    read_discoveries,
    read_relabel,
    read_static,
)
from watchkeeper.ingest.scrape.other_sections import read_alertmanagers, skip_other_sections
from watchkeeper.ingest.scrape.reading_fields import ReadingDefaults, read_defaults, read_reading
from watchkeeper.ingest.scrape.relabel import is_label_name
from watchkeeper.ingest.scrape.types import Limits, ScrapeConfig, ScrapeJob
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.lib.yaml_fields import Fields, YamlError, read_fields

_JOB_NAME = re.compile(r".*\S.*", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*)|(\$))")

ReadIncluded = Callable[[str], Iterable[tuple[str, str]]]
"""A glob of scrape_config_files to (path, text) of each file. Raises OSError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a file on an operator's disk may use: other files, and the environment."""

    read_included: ReadIncluded | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Defaults:
    """What `global` says for all jobs."""

    interval_ms: int
    timeout_ms: int
    limits: Limits
    reading: ReadingDefaults


def parse_config(source: str, surroundings: Surroundings | None = None) -> ScrapeConfig:
    """A prometheus.yml as its owner wrote it.

    Raises ScrapeConfigInvalid naming line and field: unknown fields, wrong values, and what is
    documented by Prometheus but not done here.
    """
    try:
        return _config(read_fields(source), surroundings or Surroundings())
    except YamlError as error:
        raise ScrapeConfigInvalid(str(error), line=error.line) from error


def _config(top: Fields, surroundings: Surroundings) -> ScrapeConfig:
    notes = skip_other_sections(top)
    section = top.section("global") or Fields.none("global")
    interval = _positive(section, "scrape_interval", MINUTE_MS)
    timeout = _positive(section, "scrape_timeout", min(10 * SECOND_MS, interval))
    if timeout > interval:
        raise section.wrong(
            "scrape_timeout", "global scrape timeout is greater than scrape interval"
        )
    reading = read_defaults(section)
    defaults = _Defaults(
        interval_ms=interval,
        timeout_ms=timeout,
        limits=_limits(section, Limits()),
        reading=reading,
    )
    evaluation = _positive(section, "evaluation_interval", MINUTE_MS)
    external = _external_labels(section, surroundings.environment, utf8=reading.is_utf8_explicit)
    for name in ("query_log_file", "scrape_failure_log_file"):
        section.text(name)
    section.duration_ms("rule_query_offset")
    section.finish()
    jobs, included = _all_jobs(top, defaults, surroundings)
    alertmanagers = read_alertmanagers(top)
    if alertmanagers:
        notes.append(
            "alerting.alertmanagers is accepted: alerts are delivered by the channels of this "
            "server; add one that posts to your Alertmanager if it shall go on."
        )
    config = ScrapeConfig(
        scrape_interval_ms=interval,
        evaluation_interval_ms=evaluation,
        external_labels=external,
        rule_files=_rule_files(top),
        alertmanagers=alertmanagers,
        jobs=jobs,
        notes=tuple(notes),
        included_globs=included,
    )
    top.finish()
    return config


def _rule_files(top: Fields) -> tuple[str, ...]:
    globs = top.texts("rule_files")
    for pattern in globs:
        if not re.fullmatch(r"[^*]*(\*[^/]*)?", pattern):
            raise top.wrong("rule_files", f'invalid rule file path "{pattern}"')
    return globs


def _positive(fields: Fields, name: str, default: int) -> int:
    return fields.duration_ms(name, default) or default


def _external_labels(
    section: Fields, environment: Mapping[str, str], *, utf8: bool
) -> Mapping[str, str]:
    labels = section.text_map("external_labels")
    for name in labels:
        if not is_label_name(name, utf8=utf8) or name == "__name__":
            raise section.wrong("external_labels", f'"{name}" is not a valid label name')
    return {name: _expanded(value, environment) for name, value in labels.items()}


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """$NAME and ${NAME} from the environment, empty if unset; $$ is a dollar."""
    return _VARIABLE.sub(
        lambda found: "$" if found.group(3) else environment.get(found.group(1) or found[2], ""),
        text,
    )


def _limits(fields: Fields, base: Limits) -> Limits:
    return Limits(
        samples=fields.count("sample_limit", base.samples),
        labels=fields.count("label_limit", base.labels),
        label_name_length=fields.count("label_name_length_limit", base.label_name_length),
        label_value_length=fields.count("label_value_length_limit", base.label_value_length),
        body_bytes=fields.converted("body_size_limit", read_body_size, base.body_bytes),
        targets=fields.count("target_limit", base.targets),
        dropped_targets=fields.count("keep_dropped_targets", base.dropped_targets),
    )


def _all_jobs(
    top: Fields, defaults: _Defaults, surroundings: Surroundings
) -> tuple[tuple[ScrapeJob, ...], tuple[str, ...]]:
    """The jobs of the file and of the files that it includes, and the globs of those."""
    jobs: dict[str, ScrapeJob] = {}
    _read_jobs(top, defaults, jobs)
    globs = top.texts("scrape_config_files")
    if globs and surroundings.read_included is None:
        raise top.wrong(
            "scrape_config_files",
            "names files of the server; that is for the operator's prometheus.yml on disk: put "
            "these jobs under scrape_configs",
        )
    for pattern in globs:
        if not re.fullmatch(r"[^*]*(\*[^/]*)?", pattern):
            raise top.wrong("scrape_config_files", f'invalid scrape config path "{pattern}"')
        for path, text in _included(top, pattern, surroundings):
            try:
                fields = read_fields(text)
                _read_jobs(fields, defaults, jobs)
                fields.finish()
            except YamlError as error:
                raise ScrapeConfigInvalid(f"{path}: {error}", line=error.line) from error
    return tuple(jobs.values()), globs


def _included(top: Fields, pattern: str, surroundings: Surroundings) -> Iterable[tuple[str, str]]:
    try:
        return list(surroundings.read_included(pattern)) if surroundings.read_included else []
    except (OSError, UnicodeDecodeError) as error:
        raise top.wrong("scrape_config_files", f"{pattern}: {error}") from error


def _read_jobs(fields: Fields, defaults: _Defaults, jobs: dict[str, ScrapeJob]) -> None:
    for entry in fields.sections("scrape_configs"):
        job = _job(entry, defaults)
        if job.name in jobs:
            raise entry.wrong(
                "job_name", f'found multiple scrape configs with job name "{job.name}"'
            )
        jobs[job.name] = job


def _job(fields: Fields, defaults: _Defaults) -> ScrapeJob:
    name = fields.text("job_name")
    if not _JOB_NAME.fullmatch(name):
        raise fields.wrong("job_name", "job_name is empty")
    interval = _positive(fields, "scrape_interval", defaults.interval_ms)
    timeout = _positive(fields, "scrape_timeout", min(defaults.timeout_ms, interval))
    if timeout > interval:
        raise fields.wrong(
            "scrape_timeout",
            f'scrape timeout greater than scrape interval for scrape config with job name "{name}"',
        )
    scheme = fields.text("scheme", "http") or "http"
    if scheme not in ("http", "https"):
        raise fields.wrong("scheme", f'"{scheme}" is not http or https')
    shared = read_defaults(fields, defaults.reading)
    utf8 = shared.is_utf8_explicit
    files, http, dns = read_discoveries(fields)
    job = ScrapeJob(
        name=name,
        interval_ms=interval,
        timeout_ms=timeout,
        metrics_path=fields.text("metrics_path", "/metrics") or "/metrics",
        scheme=scheme,
        params=fields.text_lists("params"),
        honor_labels=fields.flag("honor_labels"),
        honor_timestamps=fields.flag("honor_timestamps", True),
        track_timestamps_staleness=fields.flag("track_timestamps_staleness"),
        reading=read_reading(fields, shared),
        client=read_client(fields),
        relabel=read_relabel(fields, "relabel_configs", utf8=utf8),
        metric_relabel=read_relabel(fields, "metric_relabel_configs", utf8=utf8),
        limits=_job_limits(fields, defaults.limits),
        static=read_static(fields, utf8=utf8),
        files=files,
        http=http,
        dns=dns,
    )
    fields.text("scrape_failure_log_file")
    fields.finish()
    return job


def _job_limits(fields: Fields, base: Limits) -> Limits:
    from dataclasses import replace

    return replace(
        _limits(fields, base),
        buckets=fields.count("native_histogram_bucket_limit"),
        min_bucket_factor=fields.converted("native_histogram_min_bucket_factor", float, 0.0),
    )
