"""`python -m watchkeeper.agent`, told by WATCHKEEPER_AGENT_* variables."""

from __future__ import annotations

import os
import sys

from watchkeeper.agent import read_options, run_agent
from watchkeeper.lib.errors import WatchkeeperError


def main() -> int:
    """Returns the exit status; what was told wrongly is said in one line."""
    try:
        return run_agent(read_options(os.environ))
    except (WatchkeeperError, OSError) as error:
        print(f"watchkeeper agent: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
