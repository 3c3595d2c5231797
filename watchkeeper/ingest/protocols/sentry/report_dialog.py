"""What people write about an error by a web page: its dialog, and the address it sends to.

`Sentry.showReportDialog()` puts a script of ours into the page; `user-feedback` is the older API
of applications that have a form of their own.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from urllib.parse import parse_qsl

import orjson

from watchkeeper.ingest.http import Request
from watchkeeper.ingest.protocols.sentry.parse import JsonObject, MalformedEnvelope, parse_object

DIALOG_PATH = "/api/embed/error-page"
_FEEDBACK = re.compile(r"/api/0/projects/[^/]{1,100}/[^/]{1,100}/user-feedback/?")
_MOST_FIELDS = 20


def is_report_path(path: str) -> bool:
    """True for the addresses that reports are sent to."""
    return path.rstrip("/") == DIALOG_PATH or _FEEDBACK.fullmatch(path) is not None


@cache
def dialog_script() -> bytes:
    """The script that shows the dialog; it reads its options from its own address."""
    return resources.files(__package__).joinpath("report_dialog.js").read_bytes()


def report_of(request: Request, body: bytes) -> bytes:
    """A report as the payload of a `user_report` item. Raises MalformedEnvelope.

    The dialog sends a form and names its event in the query, applications send JSON or a form.
    """
    found: JsonObject = {}
    if body.lstrip()[:1] == b"{":
        found.update(parse_object(body))
    else:
        found.update(_form(body))
    event_id = request.parameter("eventId") or found.get("event_id") or found.get("eventId")
    report = {name: found.get(name) or "" for name in ("name", "email", "comments")}
    if not report["comments"]:
        raise MalformedEnvelope(0, "A report needs the field comments, and the id of its event.")
    return orjson.dumps({**report, "event_id": event_id})


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise MalformedEnvelope(0, "The form has too many fields.") from error
