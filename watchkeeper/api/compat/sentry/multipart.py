"""Reads `multipart/form-data` bodies of bounded size. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message

from watchkeeper.lib.errors import Invalid

_MOST_PARTS = 1_000
_MOST_HEADER_BYTES = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field. filename: None for plain fields."""

    name: str
    filename: str | None
    content: bytes


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """The fields of a form in their order. Raises Invalid."""
    told = Message()
    told["content-type"] = content_type
    boundary = told.get_param("boundary")
    if told.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise Invalid("The body must be multipart/form-data with a boundary.")
    return list(_read(body, b"--" + boundary.encode("latin-1", "replace")))


def _read(body: bytes, delimiter: bytes) -> Iterator[Part]:
    at = body.find(delimiter)
    for _ in range(_MOST_PARTS):
        if at < 0:
            raise Invalid("The form breaks off before its end.")
        at += len(delimiter)
        if body[at : at + 2] == b"--":
            return
        start = body.find(b"\r\n\r\n", at, at + _MOST_HEADER_BYTES)
        end = body.find(b"\r\n" + delimiter, start)
        if start < 0 or end < 0:
            raise Invalid("A part of the form has no end.")
        yield _part(body[at:start], body[start + 4 : end] if end >= start + 4 else b"")
        at = end + 2
    raise Invalid(f"A form has at most {_MOST_PARTS} parts.")


def _part(head: bytes, content: bytes) -> Part:
    disposition = Message()
    disposition["content-disposition"] = _headers(head).get("content-disposition", "")
    name = disposition.get_param("name", header="content-disposition")
    filename = disposition.get_param("filename", header="content-disposition")
    return Part(
        name=name if isinstance(name, str) else "",
        filename=filename if isinstance(filename, str) else None,
        content=content,
    )


def _headers(head: bytes) -> Mapping[str, str]:
    lines = head.decode("utf-8", "replace").strip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
