"""`watchkeeper import`: history from another server, with a bar and a way to go on."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from watchkeeper.app.homes import HomeProjects
from watchkeeper.app.importing import (
    Import,
    Importer,
    LocalTarget,
    PrometheusSource,
    RemoteTarget,
    SourceAddress,
    StateFile,
    Tally,
    Target,
)
from watchkeeper.cli.arguments import (
    ConfigFile,
    DataDirectory,
    Installation,
    access_of,
    installation,
    project_named,
)
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, system_clock
from watchkeeper.lib.durations import parse_duration_ms
from watchkeeper.lib.errors import Invalid
from watchkeeper.lib.outbound import Outbound, OutboundOptions, TlsOptions
from watchkeeper.query.promql import Matcher, ParseError, Selector, parse

program = typer.Typer(help="Bring history over from another server.", no_args_is_help=True)

_EVERYTHING = '{__name__!=""}'
_INTERRUPTED = 130

Source = Annotated[str, typer.Argument(metavar="URL", help="Address of the running Prometheus.")]
Since = Annotated[
    str, typer.Option(help="From when: a duration back (30d) or a date (2026-01-31T12:00Z).")
]
Until = Annotated[str, typer.Option(help="Up to when, in the same way; now if left out.")]
Match = Annotated[
    list[str] | None,
    typer.Option("--match", help="Only series that meet this selector; may be repeated."),
]
Project = Annotated[str, typer.Option(help="Into this project: its id or ORGANISATION/PROJECT.")]
TargetUrl = Annotated[
    str, typer.Option("--url", help="A Watchkeeper elsewhere; else that of the data directory.")
]
Key = Annotated[str, typer.Option(help="With --url: a server key of the project.", envvar="WK_KEY")]
User = Annotated[str, typer.Option(help="Basic auth of the Prometheus.")]
Password = Annotated[str, typer.Option(help="Its password.", envvar="WK_SOURCE_PASSWORD")]
Bearer = Annotated[
    str, typer.Option(help="Bearer token of the Prometheus.", envvar="WK_SOURCE_TOKEN")
]
Header = Annotated[
    list[str] | None,
    typer.Option(help="Sent to the Prometheus too, e.g. 'X-Scope-OrgID: 1'; may be repeated."),
]
CaFile = Annotated[str, typer.Option(help="Authority of the Prometheus's certificate.")]
CertFile = Annotated[str, typer.Option(help="Certificate to show the Prometheus.")]
KeyFile = Annotated[str, typer.Option(help="Its private key.")]
Insecure = Annotated[
    bool, typer.Option("--insecure-skip-verify", help="Do not check the Prometheus's certificate.")
]
StatePath = Annotated[Path | None, typer.Option("--state", help="File that remembers the place.")]
Restart = Annotated[
    bool, typer.Option("--restart", help="Forget the place; what is there is passed over.")
]


@program.callback()
def importer() -> None:
    """Bring history over from another server."""


@program.command("prometheus")
def prometheus(
    url: Source,
    since: Since = "90d",
    until: Until = "",
    match: Match = None,
    project: Project = "",
    target_url: TargetUrl = "",
    key: Key = "",
    user: User = "",
    password: Password = "",
    bearer: Bearer = "",
    header: Header = None,
    ca_file: CaFile = "",
    cert_file: CertFile = "",
    key_file: KeyFile = "",
    insecure: Insecure = False,
    state: StatePath = None,
    restart: Restart = False,
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
) -> None:
    """Copy samples, native histograms and metadata of a running Prometheus.

    Stop it when you like: the same command goes on where it was. What is there already is passed
    over, so that it can also be run again to bring over what came since.
    """
    found = installation(config, data_dir)
    tls = TlsOptions(
        ca_file=ca_file,
        cert_file=cert_file,
        key_file=key_file,
        insecure_skip_verify=insecure,
    )
    address = SourceAddress(
        url=url,
        user=user,
        password=password,
        bearer=bearer,
        headers=_headers(header or []),
        tls=tls,
    )
    selectors = match or [_EVERYTHING]
    wanted = _wanted(found, selectors, since, until, is_local=not target_url)
    place = _place(found, project, target_url, key)
    words = [address.plain_url(), place.name, *selectors]
    file = StateFile(state or _state_path(found, words, is_local=not target_url))
    if restart:
        file.forget()
    _carry_out(address, wanted, file, place.open)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where samples go. name: equal for equal places."""

    name: str
    open: Callable[[Outbound], Target]


def _place(found: Installation, project: str, url: str, key: str) -> _Place:
    if not url:
        project_id, socket = _project(found, project), found.data_dir.control_socket
        return _Place(f"local {project_id}", lambda _outbound: LocalTarget(socket, project_id))
    if not key:
        raise Invalid("Give --key (or WK_KEY): a server key of the project behind --url.")
    if project and not project.isdigit():
        raise Invalid("With --url, --project is the project's number; the key tells it, too.")
    base = f"{url.rstrip('/')}/p/{project}" if project else url.rstrip("/")
    return _Place(base, lambda outbound: RemoteTarget(outbound, base, key))


def _carry_out(
    address: SourceAddress,
    wanted: Import,
    file: StateFile,
    open_target: Callable[[Outbound], Target],
) -> None:
    console = Console()
    tally = Tally()

    async def run(told: Callable[[Tally], None]) -> tuple[Tally, PrometheusSource]:
        outbound = Outbound(OutboundOptions())
        try:
            source = PrometheusSource(outbound, address)
            target = open_target(outbound)
            return await Importer(source, target, wanted, file, told).run(), source
        finally:
            await outbound.aclose()

    try:
        with _bar(console) as told:
            tally, source = asyncio.run(run(told))
    except KeyboardInterrupt:
        console.print(f"Stopped. The same command goes on from here ({file.path}).")
        raise typer.Exit(_INTERRUPTED) from None
    _report(console, tally, source)


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[Tally], None]]:
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>5.1f} %"),
        TextColumn("{task.fields[samples]:,} samples, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("import", total=1.0, samples=0, rate=0.0)

        def told(tally: Tally) -> None:
            samples = tally.kept + tally.repeated
            elapsed_s = progress.tasks[0].elapsed or 0.0
            rate = samples / elapsed_s if elapsed_s else 0.0
            progress.update(task, completed=tally.share, samples=samples, rate=rate)

        yield told


def _report(console: Console, tally: Tally, source: PrometheusSource) -> None:
    resumed = " (resumed)" if tally.resumed else ""
    console.print(f"{tally.kept:,} samples kept, {tally.repeated:,} were there already{resumed}.")
    for reason, count in sorted(tally.refused.items()):
        console.print(f"{count:,} refused: {reason} (docs/operate/drops.md)")
    if not source.reads_remotely:
        console.print("Remote read did not answer; samples were read by queries.")
    if source.series_left_out:
        console.print(
            f"{source.series_left_out:,} times the native histograms of a series were left out: "
            "this server does not show them whole. A newer Prometheus may, by remote read."
        )


def _wanted(
    found: Installation, selectors: list[str], since: str, until: str, *, is_local: bool
) -> Import:
    now_ms = system_clock()
    since_ms, until_ms = _instant(since, now_ms), _instant(until, now_ms) if until else now_ms
    days = found.config.retention.samples_days if is_local else 0
    kept_ms = now_ms - days * DAY_MS + HOUR_MS
    if days and since_ms < kept_ms:
        typer.echo(
            f"Samples are kept for {days} days (retention.samples_days): the import begins there."
        )
        since_ms = kept_ms
    if since_ms >= until_ms:
        raise Invalid("--since must be before --until.")
    matches = [(text, _matchers(text)) for text in selectors]
    return Import(matches=matches, since_ms=since_ms, until_ms=until_ms)


def _instant(text: str, now_ms: int) -> int:
    """Unix ms of a duration back from now, a date, or Unix seconds."""
    try:
        return now_ms - parse_duration_ms(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except ValueError:
        pass
    try:
        return int(float(text) * 1000)
    except ValueError:
        raise Invalid(
            f"{text!r} is no time: write a duration back from now (30d) or a date (2026-01-31)."
        ) from None


def _matchers(text: str) -> tuple[Matcher, ...]:
    try:
        tree = parse(text)
    except ParseError as error:
        raise Invalid(f"--match {text!r}: {error}") from error
    if not isinstance(tree, Selector) or tree.offset_ms or tree.at is not None:
        raise Invalid(f"--match {text!r} is no series selector; write e.g. '{{job=\"api\"}}'.")
    return tree.matchers


def _headers(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise Invalid(f"--header {line!r}: write 'Name: value'.")
        found[name.strip().lower()] = value.strip()
    return found


def _project(found: Installation, name: str) -> int:
    """The named project; without a name the first that people made."""
    with access_of(found) as access:
        if name:
            return project_named(access, name)
        project_id = HomeProjects(access).find(name)
    if project_id is None:
        raise Invalid("There is no project yet: make one with `watchkeeper setup`.")
    return project_id


def _state_path(found: Installation, words: list[str], *, is_local: bool) -> Path:
    name = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]
    if is_local:
        return found.data_dir.root / "imports" / f"{name}.json"
    return Path(f"watchkeeper-import-{name}.json")
