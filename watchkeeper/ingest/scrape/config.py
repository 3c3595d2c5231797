"""prometheus.yml to types: every field known, every error with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchkeeper.ingest.scrape.errors import ScrapeConfigInvalid
from watchkeeper.ingest.scrape.fields import (
    read_body_size,
    read_client,
    read_discoveries,
    read_relabel,
    read_static,
)
from watchkeeper.ingest.scrape.relabel import LABEL_NAME
from watchkeeper.ingest.scrape.types import Limits, ScrapeConfig, ScrapeJob
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.lib.yaml_fields import Fields, YamlError, read_fields

_IGNORED_TOP = {
    "remote_write": "remote_write is accepted and does nothing: samples are stored here.",
    "remote_read": "remote_read is accepted and does nothing: queries read what is stored here.",
    "storage": "storage is accepted and does nothing: retention is a setting of the server.",
    "tracing": "tracing is accepted and does nothing.",
    "runtime": "runtime is accepted and does nothing.",
    "otlp": "otlp is accepted and does nothing.",
}
_UNSUPPORTED_TOP = ("scrape_config_files",)
_IGNORED_GLOBAL = (
    "query_log_file",
    "scrape_failure_log_file",
    "rule_query_offset",
    "keep_dropped_targets",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "scrape_protocols",
    "scrape_native_histograms",
    "convert_classic_histograms_to_nhcb",
    "always_scrape_classic_histograms",
    "extra_scrape_metrics",
)
_IGNORED_JOB = (
    "scrape_protocols",
    "fallback_scrape_protocol",
    "scrape_classic_histograms",
    "always_scrape_classic_histograms",
    "convert_classic_histograms_to_nhcb",
    "scrape_native_histograms",
    "native_histogram_bucket_limit",
    "native_histogram_min_bucket_factor",
    "keep_dropped_targets",
    "scrape_failure_log_file",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "enable_compression",
    "enable_http2",
    "track_timestamps_staleness",
    "extra_scrape_metrics",
)
_JOB_NAME = re.compile(r".*\S.*", re.DOTALL)


def parse_config(source: str) -> ScrapeConfig:
    """A prometheus.yml as its owner wrote it.

    Raises ScrapeConfigInvalid naming line and field: unknown fields, wrong values, and what is
    documented by Prometheus but not done here.
    """
    try:
        return _config(read_fields(source))
    except YamlError as error:
        raise ScrapeConfigInvalid(str(error), line=error.line) from error


def _config(top: Fields) -> ScrapeConfig:
    notes = [note for name, note in _IGNORED_TOP.items() if top.has(name)]
    for name in _IGNORED_TOP:
        top.skip(name)
    for name in _UNSUPPORTED_TOP:
        if top.has(name):
            raise top.wrong(name, f"{name} is not supported; put its jobs under scrape_configs")
    defaults = top.section("global")
    limits = _limits(defaults, Limits()) if defaults else Limits()
    interval = _positive(defaults, "scrape_interval", MINUTE_MS)
    timeout = _positive(defaults, "scrape_timeout", min(10 * SECOND_MS, interval))
    if defaults and timeout > interval:
        raise defaults.wrong("scrape_timeout", "is longer than scrape_interval")
    evaluation = _positive(defaults, "evaluation_interval", MINUTE_MS)
    external = _external_labels(defaults)
    _finish_global(defaults)
    config = ScrapeConfig(
        scrape_interval_ms=interval,
        evaluation_interval_ms=evaluation,
        external_labels=external,
        rule_files=top.texts("rule_files"),
        alertmanagers=_alertmanagers(top),
        jobs=_jobs(top, interval_ms=interval, timeout_ms=timeout, limits=limits),
        notes=tuple(notes),
    )
    top.finish()
    return config


def _positive(fields: Fields | None, name: str, default: int) -> int:
    if fields is None:
        return default
    value = fields.duration_ms(name, default)
    return value or default


def _external_labels(defaults: Fields | None) -> Mapping[str, str]:
    labels = defaults.text_map("external_labels") if defaults else {}
    for name in labels:
        if defaults and (not LABEL_NAME.fullmatch(name) or name == "__name__"):
            raise defaults.wrong("external_labels", f'"{name}" is not a valid label name')
    return labels


def _finish_global(defaults: Fields | None) -> None:
    if defaults is None:
        return
    for name in _IGNORED_GLOBAL:
        defaults.skip(name)
    defaults.finish()


def _limits(fields: Fields, base: Limits) -> Limits:
    return Limits(
        samples=fields.count("sample_limit", base.samples),
        labels=fields.count("label_limit", base.labels),
        label_name_length=fields.count("label_name_length_limit", base.label_name_length),
        label_value_length=fields.count("label_value_length_limit", base.label_value_length),
        body_bytes=fields.converted("body_size_limit", read_body_size, base.body_bytes),
        targets=fields.count("target_limit", base.targets),
    )


def _alertmanagers(top: Fields) -> tuple[str, ...]:
    alerting = top.section("alerting")
    if alerting is None:
        return ()
    read_relabel(alerting, "alert_relabel_configs")
    found: list[str] = []
    for manager in alerting.sections("alertmanagers"):
        for group in read_static(manager):
            found.extend(group.targets)
        read_client(manager)
        read_relabel(manager, "relabel_configs")
        read_relabel(manager, "alert_relabel_configs")
        manager.text("scheme")
        manager.text("path_prefix")
        manager.text("api_version")
        manager.duration_ms("timeout")
        read_discoveries(manager)
        manager.finish()
    alerting.finish()
    return tuple(found)


def _jobs(
    top: Fields, *, interval_ms: int, timeout_ms: int, limits: Limits
) -> tuple[ScrapeJob, ...]:
    jobs: list[ScrapeJob] = []
    seen: set[str] = set()
    for fields in top.sections("scrape_configs"):
        job = _job(fields, interval_ms=interval_ms, timeout_ms=timeout_ms, limits=limits)
        if job.name in seen:
            raise fields.wrong("job_name", f'two scrape jobs are named "{job.name}"')
        seen.add(job.name)
        jobs.append(job)
    return tuple(jobs)


def _job(fields: Fields, *, interval_ms: int, timeout_ms: int, limits: Limits) -> ScrapeJob:
    name = fields.text("job_name")
    if not _JOB_NAME.fullmatch(name):
        raise fields.wrong("job_name", "job_name is empty")
    interval = _positive(fields, "scrape_interval", interval_ms)
    timeout = _positive(fields, "scrape_timeout", min(timeout_ms, interval))
    if timeout > interval:
        raise fields.wrong("scrape_timeout", f'is longer than scrape_interval of job "{name}"')
    scheme = fields.text("scheme", "http") or "http"
    if scheme not in ("http", "https"):
        raise fields.wrong("scheme", f'"{scheme}" is not http or https')
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
        client=read_client(fields),
        relabel=read_relabel(fields, "relabel_configs"),
        metric_relabel=read_relabel(fields, "metric_relabel_configs"),
        limits=_limits(fields, limits),
        static=read_static(fields),
        files=files,
        http=http,
        dns=dns,
    )
    for ignored in _IGNORED_JOB:
        fields.skip(ignored)
    fields.finish()
    return job
