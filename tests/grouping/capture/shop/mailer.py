"""Letters to people."""

import base64
from dataclasses import dataclass
from decimal import Decimal


@dataclass
class Letter:
    to: str

    def __post_init__(self):
        if "@" not in self.to:
            raise ValueError(f"{self.to!r} is no address")


def greeting(user):
    return f"Dear {user.name}"


def decode(raw):
    return raw.decode("utf-8")


def template(name):
    with open(name) as file:
        return file.read()


def attachment(text):
    return base64.b64decode(text, validate=True)


def amount(text):
    return Decimal(text)


def footer(user):
    return user.locale


def validated(fields):
    check("to" in fields, "to is missing")
    check(isinstance(fields["to"], str), "to is no text")


def check(is_right, message):
    if not is_right:
        raise ValueError(message)
