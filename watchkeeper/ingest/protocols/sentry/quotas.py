"""How much of each category one project may send in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.ingest.http import Refusal
from watchkeeper.ingest.protocols.sentry.categories import Category
from watchkeeper.ingest.quota import Quota
from watchkeeper.lib.clock import Clock


@dataclass(slots=True)
class Quotas:
    """A bucket a project and category. A category without a bound is not counted."""

    by_category: Mapping[Category, Quota]

    @classmethod
    def of(cls, clock: Clock, per_minute: Mapping[Category, int]) -> Quotas:
        """Bounds of 0 are none."""
        return cls({name: Quota(clock, most) for name, most in per_minute.items() if most})

    def spend(self, project_id: int, wanted: Counter[Category]) -> dict[Category, Refusal]:
        """Take from the buckets; the categories whose bucket has too little, and why."""
        over: dict[Category, Refusal] = {}
        for category, quota in self.by_category.items():
            if not wanted[category]:
                continue
            try:
                quota.spend(project_id, wanted[category])
            except Refusal as refusal:
                over[category] = refusal
        return over
