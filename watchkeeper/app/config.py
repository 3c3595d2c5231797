"""Reads the settings: TOML file, then `WATCHKEEPER_*`, then what the command line says.

Only this file reads the environment. A wrong value or an unknown key refuses to start and is named.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from watchkeeper.app.options import (
    LogOptions,
    OtlpSettings,
    OutboundOptions,
    PromqlSettings,
    QuerySettings,
    RemoteWriteSettings,
    RetentionOptions,
    RulesOptions,
    ScrapeOptions,
    SentrySettings,
    SeriesSettings,
    ServerOptions,
    StatsdOptions,
    StoreOptions,
    SyslogOptions,
)
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.spool import SpoolOptions

PREFIX = "WATCHKEEPER_"
AGENT_PREFIX = "WATCHKEEPER_AGENT_"
CONFIG_FILE_VARIABLE = "WATCHKEEPER_CONFIG"

Origin = str
"""Where a value came from: `default`, a file, a variable or a command-line option."""


class ConfigError(WatchkeeperError):
    """A setting is unknown or has a wrong value; the sentence names it."""

    code: ClassVar[str] = "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting, and for each `section.key` where it came from."""

    server: ServerOptions = field(default_factory=ServerOptions)
    store: StoreOptions = field(default_factory=StoreOptions)
    spool: SpoolOptions = field(default_factory=SpoolOptions)
    scrape: ScrapeOptions = field(default_factory=ScrapeOptions)
    statsd: StatsdOptions = field(default_factory=StatsdOptions)
    syslog: SyslogOptions = field(default_factory=SyslogOptions)
    series: SeriesSettings = field(default_factory=SeriesSettings)
    rules: RulesOptions = field(default_factory=RulesOptions)
    query: QuerySettings = field(default_factory=QuerySettings)
    outbound: OutboundOptions = field(default_factory=OutboundOptions)
    sentry: SentrySettings = field(default_factory=SentrySettings)
    otlp: OtlpSettings = field(default_factory=OtlpSettings)
    promql: PromqlSettings = field(default_factory=PromqlSettings)
    remote_write: RemoteWriteSettings = field(default_factory=RemoteWriteSettings)
    retention: RetentionOptions = field(default_factory=RetentionOptions)
    log: LogOptions = field(default_factory=LogOptions)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    file: Path | None = None


SECTIONS: Mapping[str, type[Any]] = {
    each.name: get_type_hints(Config)[each.name]
    for each in fields(Config)
    if each.name not in {"origins", "file"}
}


@dataclass(frozen=True, slots=True)
class _Given:
    value: object
    origin: Origin


def load(
    file: Path | None, environ: Mapping[str, str], options: Mapping[str, str | None]
) -> Config:
    """All settings, later sources over earlier ones: defaults, `file`, `environ`, `options`.

    options: `section.key` to text, as the command line gave it; None means not given.
    Raises ConfigError.
    """
    given: dict[str, _Given] = {}
    given |= _from_file(file) if file else {}
    given |= _from_environ(environ)
    given |= {
        key: _Given(value, f"--{key.rpartition('.')[2].replace('_', '-')}")
        for key, value in options.items()
        if value is not None
    }
    sections: dict[str, Any] = {
        name: _section(name, kind, given) for name, kind in SECTIONS.items()
    }
    origins = {key: given[key].origin if key in given else "default" for key in known_keys()}
    return Config(**sections, origins=origins, file=file)


def known_keys() -> list[str]:
    """Every `section.key`, in the order of the manual."""
    return [f"{name}.{each.name}" for name, kind in SECTIONS.items() for each in fields(kind)]


def default_of(key: str) -> object:
    """The default of a `section.key`; every setting has one."""
    section, _, name = key.partition(".")
    return next(each.default for each in fields(SECTIONS[section]) if each.name == name)


def variable_of(key: str) -> str:
    """The environment variable of a `section.key`."""
    return PREFIX + key.replace(".", "_").upper()


def _from_file(file: Path) -> dict[str, _Given]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the settings file {file}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {file} is not valid TOML: {error}.") from error
    given = {}
    for section, entries in content.items():
        if section not in SECTIONS or not isinstance(entries, dict):
            raise ConfigError(
                f"{file}: unknown section [{section}].{_nearest(section, list(SECTIONS))}"
            )
        for name, value in entries.items():
            given[_known(f"{section}.{name}", str(file))] = _Given(value, str(file))
    return given


def _from_environ(environ: Mapping[str, str]) -> dict[str, _Given]:
    by_variable = {variable_of(key): key for key in known_keys()}
    given = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable == CONFIG_FILE_VARIABLE:
            continue
        if variable.startswith(AGENT_PREFIX):
            continue  # of `watchkeeper agent`, which may run beside the server
        if variable in by_variable:
            given[by_variable[variable]] = _Given(text, variable)
        elif variable.removesuffix("_FILE") in by_variable:
            given[by_variable[variable.removesuffix("_FILE")]] = _Given(
                _secret(variable, text), variable
            )
        else:
            raise ConfigError(f"Unknown setting {variable}.{_nearest(variable, list(by_variable))}")
    return given


def _secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise ConfigError(
            f"{variable} names {path}, which cannot be read: {error.strerror}."
        ) from error


def _known(key: str, where: str) -> str:
    if key not in known_keys():
        raise ConfigError(f"{where}: unknown setting {key}.{_nearest(key, known_keys())}")
    return key


def _nearest(word: str, known: list[str]) -> str:
    matches = difflib.get_close_matches(word, known, n=3)
    if not matches:
        return f" Known: {', '.join(known)}."
    # Of several that are about as near, all are named: the section may be what is missing.
    likeness = [difflib.SequenceMatcher(None, each, word).ratio() for each in matches]
    near = [each for each, like in zip(matches, likeness, strict=True) if likeness[0] - like < 0.02]
    return f" Did you mean {' or '.join(near)}?"


def _section(name: str, kind: type[Any], given: Mapping[str, _Given]) -> object:
    hints = get_type_hints(kind)
    values = {}
    origins = []
    for each in fields(kind):
        key = f"{name}.{each.name}"
        if key in given:
            values[each.name] = _typed(key, given[key], hints[each.name])
            origins.append(given[key].origin)
    try:
        return kind(**values)
    except ValueError as error:
        raise ConfigError(f"{' or '.join(dict.fromkeys(origins))}: {name}.{error}.") from error


def _typed(key: str, given: _Given, kind: Any) -> object:
    try:
        return _convert(given.value, kind)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{given.origin}: {key} must be {_kind_name(kind)}, got {given.value!r}."
        ) from error


def _convert(value: object, kind: Any) -> object:
    if get_origin(kind) is tuple:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list):
            raise TypeError(value)
        return tuple(
            _convert(item.strip() if isinstance(item, str) else item, get_args(kind)[0])
            for item in items
            if item != ""
        )
    if kind is bool:
        return _boolean(value)
    if kind is Path:
        return Path(_text(value))
    if kind is str:
        return _text(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(value)
    if kind is int and isinstance(value, float):
        raise TypeError(value)
    return kind(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError(value)
    return words[value.lower()]


def _kind_name(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return "a list (comma-separated in a variable)"
    return {bool: "true or false", int: "a whole number", float: "a number", Path: "a path"}.get(
        kind, "text"
    )
