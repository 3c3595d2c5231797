"""A configuration as it may be shown to everybody who reads the project: without its secrets."""

from __future__ import annotations

import re

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

HIDDEN = "<secret>"

_SECRETS = frozenset(
    ("password", "credentials", "bearer_token", "client_secret", "secret_key", "key", "secrets")
)
_ALL_BELOW = frozenset(("proxy_connect_header",))
_URL_PASSWORD = re.compile(r"(?<=://)([^/@:\s]*):[^/@\s]*@")


def without_secrets(source: str) -> str:
    """The YAML text with `<secret>` in place of passwords, tokens and keys; comments are lost.

    source: a configuration that was read before; what is no YAML is not shown at all.
    """
    try:
        document = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return ""
    if document is None:
        return ""
    _hide(document, is_secret=False)
    text: str = yaml.serialize(document, Dumper=yaml.SafeDumper)
    return text


def _hide(node: Node, *, is_secret: bool) -> None:
    """Change the scalars of a tree. is_secret: it stands below a key that names a secret."""
    if isinstance(node, ScalarNode):
        node.value = HIDDEN if is_secret else _URL_PASSWORD.sub(r"\1:xxxxx@", node.value)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            _hide(item, is_secret=is_secret)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            below = key.value in _ALL_BELOW or (
                key.value in _SECRETS and not isinstance(value, MappingNode)
            )
            _hide(value, is_secret=is_secret or below)
