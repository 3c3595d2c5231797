"""What the artifacts room raises."""

from __future__ import annotations

from watchkeeper.lib.errors import Invalid


class BadSourceMap(Invalid):
    """The file is no source map that can be read."""

    code = "bad_source_map"


class BadBundle(Invalid):
    """An uploaded bundle is damaged, or is none."""

    code = "bad_bundle"


class BundleTooLarge(Invalid):
    """An upload is beyond what is taken."""

    code = "bundle_too_large"
    http_status = 413
