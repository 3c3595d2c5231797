"""`watchkeeper agent`: measures a host and pushes that to a server. Small: it imports no room."""

from watchkeeper.agent.options import PREFIX, AgentOptions, OptionInvalid, read_options
from watchkeeper.agent.run import run_agent

__all__ = ["PREFIX", "AgentOptions", "OptionInvalid", "read_options", "run_agent"]
