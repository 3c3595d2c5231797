"""Ways of telling people. Each kind is a folder of its own; `KINDS` lists them."""

from watchkeeper.alerting.channels.types import AlertFacts, ChannelKind, Notification, Outcome
from watchkeeper.alerting.channels.webhook import Webhook

KINDS: dict[str, ChannelKind] = {"webhook": Webhook()}
"""Channel kinds by the name that they are stored under."""

__all__ = ["KINDS", "AlertFacts", "ChannelKind", "Notification", "Outcome"]
