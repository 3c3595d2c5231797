"""Calling a webhook."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256

from watchkeeper.alerting.channels.types import Notification, Outcome
from watchkeeper.alerting.channels.webhook.message import message
from watchkeeper.alerting.channels.webhook.options import shown, webhook_options
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.outbound import Outbound

TIMEOUT_S = 10.0
SIGNATURE = "x-watchkeeper-signature"


class Webhook:
    """Posts JSON. 2xx is sent; 429 and 5xx, like no answer, may be tried again; the rest not."""

    def checked(self, options: Mapping[str, object]) -> dict[str, object]:
        return asdict(webhook_options(options))

    def shown(self, options: Mapping[str, object]) -> dict[str, object]:
        return shown(webhook_options(options))

    def wants(self, options: Mapping[str, object], notification: Notification) -> bool:
        return notification.status == "firing" or webhook_options(options).send_resolved

    async def send(
        self,
        options: Mapping[str, object],
        notification: Notification,
        *,
        receiver: str,
        outbound: Outbound,
        now_ms: int,
    ) -> Outcome:
        told = webhook_options(options)
        body = message(notification, receiver=receiver, max_alerts=told.max_alerts)
        headers = {"content-type": "application/json"}
        if told.secret:
            headers[SIGNATURE] = signature(told.secret, body, now_ms)
        try:
            answer = await outbound.request(
                "POST", told.url, headers=headers, content=body, timeout_s=TIMEOUT_S
            )
        except WatchkeeperError as error:
            return Outcome(is_sent=False, may_retry=error.retryable, detail=str(error))
        if 200 <= answer.status < 300:
            return Outcome(is_sent=True, status=answer.status)
        return Outcome(
            is_sent=False,
            may_retry=answer.status == 429 or answer.status >= 500,
            status=answer.status,
            detail=f"The webhook answered HTTP status {answer.status}.",
        )


def signature(secret: str, body: bytes, now_ms: int) -> str:
    """`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 by the secret over `<t>.<body>`."""
    at = str(now_ms // 1000)
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={digest}"
