"""What counts as a secret: by the name of a field, and by how text looks. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

FILTERED = "[Filtered]"

_SECRET_NAMES = frozenset({
    "auth", "cookie", "cookies", "cvc", "cvc2", "cvv", "cvv2", "jwt", "otp", "pass", "pin", "pw",
    "pwd", "secret", "secrets", "session", "sessionid", "setcookie", "sid", "ssn", "token",
    "xsrf", "csrf", "signature", "passcode", "iban",
})  # fmt: skip
_SECRET_PARTS = (
    "password", "passwd", "passphrase", "secret", "apikey", "accesskey", "privatekey", "authkey",
    "authtoken", "accesstoken", "refreshtoken", "idtoken", "bearer", "credential", "cardnumber",
    "creditcard", "ccnumber", "csrftoken", "xsrftoken", "csrfmiddleware", "sessionkey", "sessionid",
    "authorization", "mysqlpwd", "encryptionkey", "signingkey", "setcookie", "httpcookie",
)  # fmt: skip
_SECRET_ENDINGS = ("token", "pwd")
_ADDRESS_NAMES = frozenset({
    "ipaddress", "remoteaddr", "xforwardedfor", "httpxforwardedfor", "xrealip", "httpxrealip",
    "cfconnectingip", "trueclientip", "xclientip", "clientip", "forwarded", "httpforwarded",
})  # fmt: skip
_NOT_NAME = re.compile(r"[^a-z0-9]+")


def plain_name(name: str) -> str:
    """A field's name without case and punctuation: `X-Api-Key` and `x_api_key` are one."""
    return _NOT_NAME.sub("", name.lower())


def is_secret_name(name: str) -> bool:
    """True if a field of this name holds a secret whatever its value. Takes a plain name."""
    if name in _SECRET_NAMES or name.endswith(_SECRET_ENDINGS):
        return True
    return any(part in name for part in _SECRET_PARTS)


def is_address_name(name: str) -> bool:
    """True if a field of this name holds a person's IP address. Takes a plain name."""
    return name in _ADDRESS_NAMES


@dataclass(frozen=True, slots=True)
class TextRule:
    """One kind of secret inside text.

    apply: the text without the secret; the same text if there was none.
    marks: the rule can only match text that holds one of these as written; empty: no mark.
    """

    name: str
    apply: Callable[[str], str] = field(repr=False)
    marks: tuple[str, ...] = ()

    def hide(self, text: str) -> str:
        """The text without the secret; cheap where there is none."""
        for mark in self.marks:
            if mark in text:
                return self.apply(text)
        return text if self.marks else self.apply(text)


_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_NAME_BEFORE_VALUE = re.compile(
    r"(?<![\w.\[\]-])(?P<name>(?:[\w.\[\]-]|%5[BDbd])++)\\*[\"']?\s{0,3}(?:=>|:=|=|:|%3D)\s{0,3}"
)
_VALUE = re.compile(
    rf"(?P<escaped>\\+[\"']).*?(?P=escaped)|b?(?:{_QUOTED})"
    r"|(?:(?i:bearer|basic|digest|token|apikey)\s+)?[^\s&,;\"'<>)}\]]+"
)
_LITERAL = re.compile(rf"b?(?:{_QUOTED})")
_BEARER = re.compile(
    r"\b([Bb]earer|BEARER|[Bb]asic|BASIC|[Dd]igest|DIGEST)\s+(?=[^\s\"',;]*[0-9=_.])[A-Za-z0-9._~+/=:-]{8,}"
)
_COOKIE = re.compile(r"\b((?:[Ss]et-)?[Cc]ookie|(?:SET-)?COOKIE)(\s*[:=]\s*)[^\r\n]+")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_URL_PASSWORD = re.compile(r"(://[^/\s:@\"'<>]{0,200}):[^/\s\"'<>]{1,200}@")
_KNOWN_TOKEN = re.compile(
    r"\b(?:(?:sk|rk|pk)_(?:live|test)_\w{8,}|whsec_\w{8,}|gh[opsur]_\w{16,}|github_pat_\w{16,}"
    r"|glpat-[\w-]{12,}|(?:AKIA|ASIA)[0-9A-Z]{16}|xox[abeoprs]-[\w-]{8,}|AIza[\w-]{20,}|npm_\w{20,}"
    r"|pypi-[\w-]{16,}|sntry[su]_[\w.+/=-]{8,}|SG\.[\w-]{10,}\.[\w-]{10,}|wkt_\w{16,}|sk-[\w-]{16,}"
    r"|ey[JK][\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?)"
)
_KNOWN_MARKS = (
    "_live_", "_test_", "whsec_", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-",
    "AKIA", "ASIA", "xox", "AIza", "npm_", "pypi-", "sntry", "SG.", "wkt_", "sk-", "eyJ", "eyK",
)  # fmt: skip
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+'-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*"
    r"\.[A-Za-z][A-Za-z0-9-]{1,62}"
)
_SHORTEST_CARD = 13
_DIGITS = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])")
_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_LONG_NUMBER = re.compile(r"\d{4,}")


def is_card_number(digits: str) -> bool:
    """True for 13..19 digits that an issuer could have given and whose Luhn sum holds."""
    return _has_issuer(digits) and _luhn_holds(digits)


def _has_issuer(digits: str) -> bool:
    size, head2, head4 = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return size in {13, 16, 19}
    if head2 in {34, 37}:
        return size == 15
    if head2 in {36, 38} or 3000 <= head4 <= 3059:
        return size == 14
    is_mastercard = 51 <= head2 <= 55 or 2221 <= head4 <= 2720
    is_other = head2 in {35, 62, 65} or head4 == 6011 or 6440 <= head4 <= 6499
    return size == 16 and (is_mastercard or is_other)


def _luhn_holds(digits: str) -> bool:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + at % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _without_cards(text: str) -> str:
    if len(text) < _SHORTEST_CARD:
        return text

    def replaced(match: re.Match[str]) -> str:
        digits = match.group().replace(" ", "").replace("-", "")
        return FILTERED if is_card_number(digits) else match.group()

    return _DIGITS.sub(replaced, text)


def without_long_numbers(sql: str) -> str:
    """SQL text whose numbers of four digits and more are hidden."""
    return _LONG_NUMBER.sub("XXXX", sql)


def without_assigned(text: str, is_secret: Callable[[str], bool], *, literals: bool) -> str:
    """Text like `password=x`, `"token": "x"` or `?sig=x` without the values of secret names.

    is_secret: tells by a name as written. literals: hide quoted values only, as in source code,
    where `password = form["x"]` holds no secret.
    Cost: linear in the text.
    """
    value = _LITERAL if literals else _VALUE
    parts: list[str] = []
    done = 0
    for match in _NAME_BEFORE_VALUE.finditer(text):
        if match.start() < done or not is_secret(match["name"]):
            continue
        found = value.match(text, match.end())
        if found is not None:
            parts += (text[done : match.end()], FILTERED)
            done = found.end()
    return "".join((*parts, text[done:])) if parts else text


EMAIL = TextRule("email", lambda text: _EMAIL.sub(FILTERED, text), marks=("@", "%40"))
ADDRESS = TextRule("ip_address", lambda text: _IP4.sub(FILTERED, text))
ALWAYS = (
    TextRule(
        "private_key",
        lambda text: _PRIVATE_KEY.sub(FILTERED, text),
        marks=("-----BEGIN",),
    ),
    TextRule(
        "url_password",
        lambda text: _URL_PASSWORD.sub(rf"\1:{FILTERED}@", text),
        marks=("://",),
    ),
    TextRule(
        "bearer_token",
        lambda text: _BEARER.sub(rf"\1 {FILTERED}", text),
        marks=("earer", "EARER", "asic", "ASIC", "igest", "IGEST"),
    ),
    TextRule(
        "cookie_header",
        lambda text: _COOKIE.sub(rf"\1\2{FILTERED}", text),
        marks=("ookie", "OOKIE"),
    ),
    TextRule("known_token", lambda text: _KNOWN_TOKEN.sub(FILTERED, text), marks=_KNOWN_MARKS),
    TextRule("card_number", _without_cards),
)
