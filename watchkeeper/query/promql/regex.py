"""Where regular expressions were; they are in `watchkeeper.lib.go_regex` now."""

from watchkeeper.lib.go_regex import compile_anchored as compile_whole

__all__ = ["compile_whole"]
