"""The edge's addresses for log lines."""

from __future__ import annotations

import json

import cramjam
import pytest

from tests.unit.edge.conftest import Edge
from watchkeeper.ingest import decode_logs
from watchkeeper.lib.protobuf_wire import bytes_field, number_field, text_field
