"""What may not be kept: found and taken out before anything touches the disk."""

from watchkeeper.privacy.rules import FILTERED, without_long_numbers
from watchkeeper.privacy.scrub import Scrubber, ScrubRules
from watchkeeper.privacy.walk import Json

__all__ = ["FILTERED", "Json", "ScrubRules", "Scrubber", "without_long_numbers"]
