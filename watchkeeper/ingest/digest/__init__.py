"""From the spool to the store: each accepted record once, whatever happens in between."""

from watchkeeper.ingest.digest.loop import Digest, DigestOptions, Publish
from watchkeeper.ingest.digest.metrics import DigestMetrics
from watchkeeper.ingest.digest.plan import (
    Apply,
    DeadLetter,
    Insert,
    Plan,
    Refused,
    Sink,
    nothing_to_apply,
)
from watchkeeper.ingest.digest.repo import (
    lower_watermark,
    move_watermark,
    set_watermark,
    watermark,
)
from watchkeeper.ingest.digest.repo import position as lane_position

__all__ = [
    "Apply",
    "DeadLetter",
    "Digest",
    "DigestMetrics",
    "DigestOptions",
    "Insert",
    "Plan",
    "Publish",
    "Refused",
    "Sink",
    "lane_position",
    "lower_watermark",
    "move_watermark",
    "nothing_to_apply",
    "set_watermark",
    "watermark",
]
