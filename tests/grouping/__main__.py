"""`python -m tests.grouping`: precision, recall and every miss, by version."""

from __future__ import annotations

from tests.grouping.score import events, score
from watchkeeper.issues.grouping import VERSIONS

for version in VERSIONS:
    for title, chosen in (
        ("all", events()),
        ("called from one place", [one for one in events() if one.caller == "a"]),
    ):
        found = score(version, chosen)
        print(
            f"v{version} {title}: {len(chosen)} events, {found.pairs} pairs of one fault, "
            f"precision {found.precision:.3f}, recall {found.recall:.3f}"
        )
        for pair, n in sorted(found.confused.items(), key=lambda each: -each[1]):
            print(f"  {n:6} pairs of {pair[0]} and {pair[1]} are one issue")
        for fault, n in sorted(found.torn.items(), key=lambda each: -each[1]):
            print(f"  {n:6} pairs of {fault} are two issues")
