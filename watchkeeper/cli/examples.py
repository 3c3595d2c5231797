"""What people type: shown below the help of each command. A test holds them to the options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer
from typer.models import CommandInfo

EXAMPLES: Mapping[str, Sequence[str]] = {
    "serve": (
        "serve --listen 127.0.0.1:8000 --data-dir /var/lib/watchkeeper",
        "serve --config /etc/watchkeeper.toml",
    ),
    "agent": (
        "agent --url https://watch.example.com --key wks_… --labels site=berlin",
        "agent --url https://watch.example.com --key wks_… --log-files '/var/log/*.log'",
    ),
    "setup": ("setup --email ann@example.com --password … --org acme --project web --json",),
    "migrate": ("migrate --data-dir /var/lib/watchkeeper",),
    "doctor": ("doctor --data-dir /var/lib/watchkeeper",),
    "backup": ("backup /backups/2026-11-21 --data-dir /var/lib/watchkeeper",),
    "restore": ("restore /backups/2026-11-21 --data-dir /var/lib/watchkeeper-new",),
    "erase": (
        "erase --user ann@example.com --dry-run",
        "erase --user ann@example.com --project acme/web",
    ),
    "reload": ("reload --data-dir /var/lib/watchkeeper",),
    "import prometheus": (
        "import prometheus http://127.0.0.1:9090 --project acme/web --since 90d",
        "import prometheus http://127.0.0.1:9090 --project acme/web --match '{job=\"node\"}'",
    ),
    "key list": ("key list --project acme/web",),
    "key create": ("key create --project acme/web --kind server --label agents",),
    "key rotate": ("key rotate 3 --project acme/web",),
    "key disable": ("key disable 3 --project acme/web",),
    "key enable": ("key enable 3 --project acme/web",),
    "retention verify": ("retention verify --data-dir /var/lib/watchkeeper",),
    "rules check": ("rules check rules/*.yml --fatal-warnings",),
    "user list": ("user list --json",),
    "user add": ("user add ann@example.com --password … --name Ann",),
    "user password": ("user password ann@example.com --password …",),
    "user disable": ("user disable ann@example.com",),
    "user enable": ("user enable ann@example.com",),
    "user first-run": ("user first-run --data-dir /var/lib/watchkeeper",),
    "config show": ("config show --config /etc/watchkeeper.toml",),
}
"""By the words of the command, without the program's name."""


def show_examples(program: typer.Typer, *, before: str = "") -> None:
    """Give each command of the program, and of those below it, its examples."""
    for command in program.registered_commands:
        command.epilog = _shown(f"{before}{_name_of(command)}")
    for group in program.registered_groups:
        if group.typer_instance is not None:
            show_examples(group.typer_instance, before=f"{before}{group.name} ")


def _name_of(command: CommandInfo) -> str:
    return command.name or ""


def _shown(words: str) -> str:
    """One paragraph each: the help joins the lines of a paragraph."""
    return "\n\n".join(("Examples:", *(f"watchkeeper {each}" for each in EXAMPLES[words])))
