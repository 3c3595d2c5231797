"""The Pushgateway: metrics of jobs that end, kept and shown until deleted.

docs/wire/pushgateway.md.
"""

from watchkeeper.ingest.pushgateway.errors import BadPush
from watchkeeper.ingest.pushgateway.gateway import Pushgateway
from watchkeeper.ingest.pushgateway.grouping import grouping_of
from watchkeeper.ingest.pushgateway.listing import shown_groups
from watchkeeper.ingest.pushgateway.parse import PushBody

__all__ = ["BadPush", "PushBody", "Pushgateway", "grouping_of", "shown_groups"]
