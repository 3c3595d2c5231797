"""How often something may be done. The numbers come in as arguments."""

from watchkeeper.limits.limiter import Limiter, RateRule, Verdict
from watchkeeper.limits.login import LoginLimits

__all__ = ["Limiter", "LoginLimits", "RateRule", "Verdict"]
