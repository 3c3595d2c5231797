"""The search language of logs: text to a tree. Rules: docs/use/search.md, docs/use/logs.md."""

from watchkeeper.logs.language.fields import (
    FIELDS,
    LEVELS,
    Field,
    FieldKind,
    attribute_field,
    field_named,
)
from watchkeeper.logs.language.nodes import (
    Always,
    And,
    Exists,
    Matches,
    Node,
    Not,
    Number,
    Or,
    SeverityIn,
    Text,
    columns_used,
    is_plain,
    lowered,
    words_of,
)
from watchkeeper.logs.language.parser import parse_search

__all__ = [
    "FIELDS",
    "LEVELS",
    "Always",
    "And",
    "Exists",
    "Field",
    "FieldKind",
    "Matches",
    "Node",
    "Not",
    "Number",
    "Or",
    "SeverityIn",
    "Text",
    "attribute_field",
    "columns_used",
    "field_named",
    "is_plain",
    "lowered",
    "parse_search",
    "words_of",
]
