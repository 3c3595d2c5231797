"""Files that came with events: which there are, and their content."""

from watchkeeper.query.attachments.attachments import Attachments
from watchkeeper.query.attachments.types import Attachment

__all__ = ["Attachment", "Attachments"]
