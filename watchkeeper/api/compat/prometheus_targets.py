"""/api/v1/targets and /api/v1/targets/metadata, as Prometheus answers them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from watchkeeper.api.compat.prometheus_params import BadParameter, Params
from watchkeeper.ingest.scrape import BadTarget, TargetMetadata, TargetStatus
from watchkeeper.lib.go_regex import compile_anchored
from watchkeeper.query.promql import Matcher


def targets_answer(
    active: Sequence[TargetStatus], dropped: Sequence[BadTarget], params: Params
) -> dict[str, object]:
    """state: active, dropped or any; scrapePool: only that job."""
    state, pool = params.text("state").lower(), params.text("scrapePool")
    shows_active, shows_dropped = (state in ("", "any", each) for each in ("active", "dropped"))
    wanted = [target for target in active if not pool or target.job == pool]
    left = [target for target in dropped if not pool or target.job == pool]
    return {
        "activeTargets": [target.as_prometheus() for target in wanted] if shows_active else [],
        "droppedTargets": [_dropped(target) for target in left] if shows_dropped else [],
        "droppedTargetCounts": dict(Counter(target.job for target in left))
        if shows_dropped
        else {},
    }


def _dropped(target: BadTarget) -> dict[str, object]:
    return {"discoveredLabels": dict(target.discovered), "scrapePool": target.job}


def metadata_answer(found: Iterable[TargetMetadata], params: Params) -> list[dict[str, object]]:
    """match_target: a selector of targets; metric: one name; limit: no further target once so
    many entries were found.

    Raises BadParameter.
    """
    matchers = params.matchers("match_target") if params.text("match_target") else ()
    metric, limit = params.text("metric"), _limit(params)
    answer: list[dict[str, object]] = []
    for each in found:
        if 0 <= limit <= len(answer):
            break
        if _is_matched(each.target, matchers):
            answer.extend(_told(each, metric))
    return answer


def _told(target: TargetMetadata, metric: str) -> list[dict[str, object]]:
    return [
        {
            "target": dict(target.target),
            **({} if metric else {"metric": name}),
            "type": kind,
            "help": text,
            "unit": unit,
        }
        for name, (kind, text, unit) in sorted(target.metrics.items())
        if metric in ("", name)
    ]


def _limit(params: Params) -> int:
    try:
        return int(params.text("limit") or -1)
    except ValueError:
        raise BadParameter("limit", "limit must be a number") from None


def _is_matched(labels: Mapping[str, str], matchers: Sequence[Matcher]) -> bool:
    return all(_matches(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def _matches(matcher: Matcher, value: str) -> bool:
    op = str(matcher.op)
    if "~" in op:
        found = compile_anchored(matcher.value).fullmatch(value) is not None
    else:
        found = matcher.value == value
    return found is not op.startswith("!")
