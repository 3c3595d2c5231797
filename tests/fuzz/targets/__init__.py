"""Every target by name."""

from tests.fuzz.target import Target
from tests.fuzz.targets import (
    bodies,
    config,
    exposition,
    otlp_traces,
    promql,
    push,
    search,
    sentry,
    statsd,
)

TARGETS: dict[str, Target] = {
    each.name: each
    for module in (promql, exposition, push, otlp_traces, sentry, statsd, config, bodies, search)
    for each in module.TARGETS
}

__all__ = ["TARGETS"]
