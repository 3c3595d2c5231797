"""The parts of a prometheus.yml that several of its sections share."""

from __future__ import annotations

import re

from watchkeeper.ingest.scrape.client_fields import read_client
from watchkeeper.ingest.scrape.relabel import LABEL_NAME, Action, RelabelStep, is_label_name
from watchkeeper.ingest.scrape.types import (
    DnsDiscovery,
    FileDiscovery,
    HttpDiscovery,
    StaticGroup,
)
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.lib.go_regex import compile_anchored
from watchkeeper.lib.yaml_fields import Fields

_OTHER_DISCOVERY = (
    "azure", "consul", "digitalocean", "docker", "dockerswarm", "ec2", "eureka", "gce", "hetzner",
    "ionos", "kubernetes", "kuma", "lightsail", "linode", "marathon", "nerve", "nomad",
    "openstack", "ovhcloud", "puppetdb", "scaleway", "serverset", "stackit", "triton", "uyuni",
    "vultr", "aws",
)  # fmt: skip
_SIZES = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZES |= {unit.replace("B", "iB"): size for unit, size in list(_SIZES.items()) if len(unit) == 2}
_SIZE = re.compile(r"([0-9]+)\s*([KMGT]?i?B)?")
_TEMPLATE = re.compile(r"(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:[a-zA-Z0-9_]|\$(?:\{\w+\}|\w+))*")
_CHANGING = (Action.REPLACE, Action.HASHMOD, Action.LOWERCASE, Action.UPPERCASE)
_EQUALS = (Action.KEEPEQUAL, Action.DROPEQUAL)


def read_body_size(text: str) -> int:
    """Bytes of 100, 64KB, 10MB, 1GiB. Raises ValueError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a size such as 10MB')
    return int(match.group(1)) * _SIZES[match.group(2) or ""]


def read_static(fields: Fields, *, utf8: bool = False) -> tuple[StaticGroup, ...]:
    """static_configs. A URL as a target is a mistake, unless relabelling may make a parameter of
    it, as for probes: then it is looked at afterwards.
    """
    groups = []
    for group in fields.sections("static_configs"):
        found = read_group(group, utf8=utf8)
        url = next((target for target in found.targets if "/" in target), None)
        if url is not None and not fields.has("relabel_configs"):
            raise group.wrong("targets", f'"{url}" is not a valid host:port')
        groups.append(found)
    return tuple(groups)


def read_group(group: Fields, *, utf8: bool = False) -> StaticGroup:
    """One group of targets with labels, as in static_configs and in discovery answers.

    utf8: labels may have any name.
    """
    targets = group.texts("targets")
    if not all(targets):
        raise group.wrong("targets", '"" is not a valid host:port')
    labels = group.text_map("labels")
    for name in labels:
        if not is_label_name(name, utf8=utf8):
            raise group.wrong("labels", f'"{name}" is not a valid label name')
    group.skip("source")
    group.finish()
    return StaticGroup(targets=targets, labels=labels)


def read_discoveries(
    fields: Fields,
) -> tuple[tuple[FileDiscovery, ...], tuple[HttpDiscovery, ...], tuple[DnsDiscovery, ...]]:
    """file_sd_configs, http_sd_configs and dns_sd_configs; any other kind is an error by name."""
    for kind in _OTHER_DISCOVERY:
        name = f"{kind}_sd_configs"
        if fields.has(name):
            raise fields.wrong(
                name,
                f"{name} is not supported yet; use static_configs, file_sd_configs, "
                "http_sd_configs or dns_sd_configs",
            )
    files = tuple(_file_sd(entry) for entry in fields.sections("file_sd_configs"))
    http = tuple(_http_sd(entry) for entry in fields.sections("http_sd_configs"))
    dns = tuple(_dns_sd(entry) for entry in fields.sections("dns_sd_configs"))
    return files, http, dns


def _file_sd(entry: Fields) -> FileDiscovery:
    files = entry.texts("files")
    if not files:
        raise entry.wrong("files", "file_sd needs at least one path")
    for path in files:
        if not re.fullmatch(r"[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)", path):
            raise entry.wrong("files", f'path name "{path}" is not valid for file discovery')
    found = FileDiscovery(
        files=files, refresh_ms=entry.duration_ms("refresh_interval", 5 * MINUTE_MS)
    )
    entry.finish()
    return found


def _http_sd(entry: Fields) -> HttpDiscovery:
    url = entry.text("url")
    if not re.match(r"https?://[^/]+", url):
        raise entry.wrong("url", "http_sd needs an http or https URL with a host")
    found = HttpDiscovery(
        url=url,
        refresh_ms=entry.duration_ms("refresh_interval", MINUTE_MS),
        client=read_client(entry),
    )
    entry.finish()
    return found


def _dns_sd(entry: Fields) -> DnsDiscovery:
    record = entry.text("type", "SRV").upper()
    if record not in ("SRV", "A", "AAAA", "MX", "NS"):
        raise entry.wrong("type", f'"{record}" is not SRV, A, AAAA, MX or NS')
    names = entry.texts("names")
    if not names:
        raise entry.wrong("names", "dns_sd needs at least one name")
    port = entry.count("port")
    if record != "SRV" and not port:
        raise entry.wrong("port", f"a port is needed for DNS records of type {record}")
    refresh = entry.duration_ms("refresh_interval", 30 * SECOND_MS)
    entry.finish()
    return DnsDiscovery(names=names, record=record, port=port, refresh_ms=refresh)


def read_relabel(fields: Fields, name: str, *, utf8: bool = False) -> tuple[RelabelStep, ...]:
    """relabel_configs, metric_relabel_configs or alert_relabel_configs.

    utf8: labels may have any name.
    """
    return tuple(_step(entry, utf8=utf8) for entry in fields.sections(name))


def _action(text: str) -> Action:
    try:
        return Action(text.lower())
    except ValueError as error:
        raise ValueError(f'unknown relabel action "{text}"') from error


def _step(entry: Fields, *, utf8: bool) -> RelabelStep:
    regex = entry.text("regex", "(.*)")
    step = RelabelStep(
        action=entry.converted("action", _action, Action.REPLACE),
        source_labels=entry.texts("source_labels"),
        separator=entry.text("separator", ";"),
        regex=entry.converted("regex", compile_anchored, compile_anchored("(.*)")),
        is_default_regex=regex == "(.*)",
        target_label=entry.text("target_label"),
        replacement=entry.text("replacement", "$1"),
        modulus=entry.count("modulus"),
        utf8_names=utf8,
    )
    for label in step.source_labels:
        if not is_label_name(label, utf8=utf8):
            raise entry.wrong("source_labels", f'"{label}" is not a valid label name')
    _check(entry, step)
    entry.finish()
    return step


def _check(entry: Fields, step: RelabelStep) -> None:
    action = step.action
    if action in (*_CHANGING, *_EQUALS) and not step.target_label:
        raise entry.wrong("target_label", f"{action} needs a target_label")
    if action is Action.HASHMOD and not step.modulus:
        raise entry.wrong("modulus", "hashmod needs a modulus above 0")
    if not step.utf8_names:
        _check_names(entry, step)
    fixed = (Action.LOWERCASE, Action.UPPERCASE, *_EQUALS)
    if action in fixed and step.replacement != "$1":
        raise entry.wrong("replacement", f"replacement cannot be set for {action}")
    only_regex = (Action.LABELDROP, Action.LABELKEEP)
    if action in only_regex and (step.source_labels or step.target_label or step.modulus):
        raise entry.wrong("action", f"{action} takes only a regex")
    if action in _EQUALS and not step.is_default_regex:
        raise entry.wrong("regex", f"{action} takes only source_labels and target_label")


def _check_names(entry: Fields, step: RelabelStep) -> None:
    """The labels that a step makes must be plain identifiers, or templates that can become one."""
    action, target = step.action, step.target_label
    is_template = action is Action.REPLACE and _TEMPLATE.fullmatch(target)
    makes_one = action in (*_CHANGING, *_EQUALS)
    if makes_one and not is_template and not LABEL_NAME.fullmatch(target):
        raise entry.wrong("target_label", f'"{target}" is not a valid target_label')
    if action is Action.LABELMAP and not _TEMPLATE.fullmatch(step.replacement):
        raise entry.wrong("replacement", f'"{step.replacement}" is not a valid label name')
