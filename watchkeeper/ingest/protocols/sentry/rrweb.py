"""What rrweb records of a page that its text alone does not tell: what was typed, and pictures.

Pure. rrweb's event: `{"type": …, "data": …, "timestamp": …}`; a node of the page:
`{"type": 2, "tagName": …, "attributes": {…}, "childNodes": […]}`.
"""

from __future__ import annotations

from collections.abc import Callable

from watchkeeper.privacy import FILTERED, Json

_FULL_SNAPSHOT, _INCREMENTAL = 2, 3
_MUTATION, _INPUT, _CANVAS = 0, 5, 9
_TYPED_INTO = frozenset({"input", "textarea"})
_NOT_TYPED = frozenset({
    "button", "submit", "reset", "image", "checkbox", "radio", "range", "color",
})  # fmt: skip
"""Types of `input` whose value is the page's own word."""
_PICTURE = "rr_dataURL"
_LABELS = ("name", "id", "property", "autocomplete")
_HELD = ("value", "content")


def hide_unseen(
    event: dict[str, Json], *, is_secret: Callable[[str], bool], keeps_pictures: bool
) -> bool:
    """Hide in place what text rules cannot find. False: nothing of the event can be kept.

    What is typed comes letter by letter, and half a card number looks like no card: it becomes as
    many `*`. is_secret: of the name of a field. keeps_pictures: of canvases, which cannot be read.
    """
    data = event.get("data")
    if not isinstance(data, dict):
        return True
    if event.get("type") == _FULL_SNAPSHOT:
        _hide_in_nodes([data.get("node")], is_secret, keeps_pictures=keeps_pictures)
    elif event.get("type") == _INCREMENTAL:
        if data.get("source") == _CANVAS:
            return keeps_pictures
        if data.get("source") == _INPUT:
            _mask(data, "text")
        elif data.get("source") == _MUTATION:
            _hide_in_mutation(data, is_secret, keeps_pictures=keeps_pictures)
    return True


def _hide_in_mutation(
    data: dict[str, Json], is_secret: Callable[[str], bool], *, keeps_pictures: bool
) -> None:
    added = [add.get("node") for add in _objects(data.get("adds"))]
    _hide_in_nodes(added, is_secret, keeps_pictures=keeps_pictures)
    for changed in _objects(data.get("attributes")):
        attributes = changed.get("attributes")
        if isinstance(attributes, dict):
            _mask(attributes, "value")  # of which element is not told
            if not keeps_pictures:
                attributes.pop(_PICTURE, None)


def _hide_in_nodes(
    nodes: list[Json], is_secret: Callable[[str], bool], *, keeps_pictures: bool
) -> None:
    stack = nodes
    while stack:
        node = stack.pop()
        if not isinstance(node, dict):
            continue
        children = node.get("childNodes")
        attributes = node.get("attributes")
        if isinstance(attributes, dict):
            _hide_in_element(node, attributes, is_secret)
            if not keeps_pictures:
                attributes.pop(_PICTURE, None)
        if isinstance(children, list):
            stack.extend(children)


def _hide_in_element(
    node: dict[str, Json], attributes: dict[str, Json], is_secret: Callable[[str], bool]
) -> None:
    tag = str(node.get("tagName", "")).lower()
    if tag in _TYPED_INTO and str(attributes.get("type", "")).lower() not in _NOT_TYPED:
        _mask(attributes, "value")
        for child in _objects(node.get("childNodes")):
            _mask(child, "textContent")
    labels = [attributes.get(name) for name in _LABELS]
    if any(isinstance(label, str) and label and is_secret(label) for label in labels):
        for name in _HELD:
            if attributes.get(name):
                attributes[name] = FILTERED


def _mask(node: dict[str, Json], name: str) -> None:
    text = node.get(name)
    if isinstance(text, str):
        node[name] = "*" * len(text)
    elif isinstance(text, int | float) and not isinstance(text, bool):
        node[name] = FILTERED


def _objects(found: Json) -> list[dict[str, Json]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
