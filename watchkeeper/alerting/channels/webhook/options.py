"""What a webhook is told when it is set up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from watchkeeper.lib.errors import Invalid

_URL = re.compile(r"https?://[^/\s@]+(/\S*)?|https?://[^/\s]+@[^/\s]+(/\S*)?")
HIDDEN = "••••••"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """url: where to. secret: signs each call. max_alerts: most in one call; 0 is no limit."""

    url: str
    secret: str = ""
    send_resolved: bool = True
    max_alerts: int = 0


def webhook_options(options: Mapping[str, object]) -> WebhookOptions:
    """Typed options. Raises Invalid naming the field."""
    known = {field.name for field in fields(WebhookOptions)}
    for name in options:
        if name not in known:
            raise Invalid(f"A webhook has no option {name}; it has {', '.join(sorted(known))}.")
    url, secret = options.get("url"), options.get("secret", "")
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise Invalid("url must be an http or https address with a host.")
    if not isinstance(secret, str):
        raise Invalid("secret must be text.")
    resolved, most = options.get("send_resolved", True), options.get("max_alerts", 0)
    if not isinstance(resolved, bool):
        raise Invalid("send_resolved must be true or false.")
    if not isinstance(most, int) or isinstance(most, bool) or most < 0:
        raise Invalid("max_alerts must be a whole number of 0 or more.")
    return WebhookOptions(url=url, secret=secret, send_resolved=resolved, max_alerts=most)


def shown(options: WebhookOptions) -> dict[str, object]:
    """The options with the secret, and credentials in the URL, hidden."""
    facts: dict[str, object] = asdict(options)
    facts["secret"] = HIDDEN if options.secret else ""
    facts["url"] = re.sub(r"//[^/@\s]+@", f"//{HIDDEN}@", options.url)
    return facts
