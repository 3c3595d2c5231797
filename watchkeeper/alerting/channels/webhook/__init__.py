"""Webhook: a POST of Alertmanager's JSON, version 4, optionally signed."""

from watchkeeper.alerting.channels.webhook.send import Webhook

__all__ = ["Webhook"]
