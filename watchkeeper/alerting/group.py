"""Which alerts are told of together. Pure."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote_plus

from watchkeeper.alerting.channels import AlertFacts, Notification
from watchkeeper.alerting.rules import AlertState, Changes, Phase
from watchkeeper.lib.fingerprint import fingerprint

Link = Callable[[int, str], str]
"""Project and expression to the address of a page that shows it."""


def graph_link(external_url: str) -> Link:
    """Links in the shape that Prometheus gives them."""
    return lambda _project_id, expr: f"{external_url}/graph?g0.expr={quote_plus(expr)}&g0.tab=1"


def group(changes: Changes, *, external_url: str, link: Link) -> Notification | None:
    """What to tell after an evaluation: all firing alerts of the rule, and those just resolved.

    None if no alert began or ceased to fire.
    """
    if not changes.tells:
        return None
    firing = [state for state in changes.after.values() if state.phase is Phase.FIRING]
    resolved = [c.state for c in changes.transitions if c.phase == Phase.RESOLVED]
    url = link(changes.project_id, changes.expr) if changes.expr else external_url
    alerts = tuple(_facts(state, url) for state in (*firing, *resolved))
    quoted = changes.rule_name.replace("\\", "\\\\").replace('"', '\\"')
    return Notification(
        group_key=f'{{}}/{changes.rule_key[:12]}:{{alertname="{quoted[:200]}"}}',
        status="firing" if firing else "resolved",
        group_labels={"alertname": changes.rule_name},
        alerts=alerts,
        external_url=external_url,
    )


def _facts(state: AlertState, url: str) -> AlertFacts:
    return AlertFacts(
        status="firing" if state.phase is Phase.FIRING else "resolved",
        labels=dict(state.labels),
        annotations=dict(state.annotations),
        value=f"{state.value!r}",
        starts_ms=state.fired_ms or state.active_ms,
        ends_ms=state.resolved_ms,
        generator_url=url,
        fingerprint=fingerprint(state.labels),
    )
