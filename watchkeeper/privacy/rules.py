"""What counts as a secret: by the name of a field, and by how text looks. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field

FILTERED = "[Filtered]"

SECRET_NAMES = frozenset({
    "auth", "cookie", "cookies", "cvc", "cvc2", "cvv", "cvv2", "jwt", "otp", "pass", "pin", "pw",
    "pwd", "secret", "secrets", "session", "sessionid", "setcookie", "sid", "ssn", "token", "totp",
    "xsrf", "csrf", "sig", "signature", "passcode", "iban", "connectsid", "xamzsignature",
    "xgoogsignature", "hubsignature", "xhubsignature256", "xfunctionskey", "rememberme", "dbpass",
})  # fmt: skip
"""Plain names of fields that hold a secret."""
SECRET_PARTS = (
    "password", "passwd", "passphrase", "passkey", "secret", "apikey", "accesskey", "privatekey",
    "authkey", "authtoken", "accesstoken", "refreshtoken", "idtoken", "bearer", "credential",
    "cardnumber", "creditcard", "ccnumber", "csrftoken", "xsrftoken", "csrfmiddleware",
    "sessionkey", "sessionid", "sessid", "authorization", "mysqlpwd", "encryptionkey",
    "signingkey", "setcookie", "httpcookie", "accountkey", "masterkey", "sharedkey", "sshkey",
    "subscriptionkey", "connectionstring", "otpcode", "mfacode", "verificationcode",
    "recoverycode", "backupcode", "socialsecurity",
)  # fmt: skip
"""A plain name that holds one of these names a secret."""
SECRET_ENDINGS = ("token", "pwd")
_HARMLESS_NAMES = frozenset({"session.id", "session.previous_id"})
"""As written: OpenTelemetry's session is one visit of a page, not a login."""
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
    if name in SECRET_NAMES or name.endswith(SECRET_ENDINGS):
        return True
    return any(part in name for part in SECRET_PARTS)


def is_harmless_name(written: str) -> bool:
    """True if a field of exactly this name is no secret, though its plain form looks like one."""
    return written in _HARMLESS_NAMES


def is_address_name(name: str) -> bool:
    """True if a field of this name holds a person's IP address. Takes a plain name."""
    return name in _ADDRESS_NAMES


@dataclass(frozen=True, slots=True)
class TextRule:
    """One kind of secret inside text.

    hide: the text without the secret; the same text if there was none.
    """

    name: str
    hide: Callable[[str], str] = field(repr=False)


_BEARER = re.compile(
    r"\b([Bb]earer|BEARER|[Bb]asic|BASIC|[Dd]igest|DIGEST)\s+(?=[^\s\"',;]*[0-9=_.])[A-Za-z0-9._~+/=:-]{8,}"
)
_COOKIE = re.compile(r"\b((?:[Ss]et-)?[Cc]ookie|(?:SET-)?COOKIE)(\s*[:=]\s*)[^\r\n]+")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_URL_PASSWORD = re.compile(r"(://[^/\s:@\"'<>]{0,200}):[^/\s\"'<>]{1,200}@")
KNOWN_SHAPES = (
    r"(?:sk|rk|pk)_(?:live|test)_\w{8,}", r"whsec_\w{8,}", r"gh[opsur]_\w{16,}",
    r"github_pat_\w{16,}", r"glpat-[\w-]{12,}", r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    r"xox[abeoprs]-[\w-]{8,}", r"AIza[\w-]{20,}", r"ya29\.[\w-]{20,}", r"GOCSPX-[\w-]{20,}",
    r"npm_\w{20,}", r"pypi-[\w-]{16,}", r"sntry[su]_[\w.+/=-]{8,}", r"SG\.[\w-]{10,}\.[\w-]{10,}",
    r"wkt_\w{16,}", r"sk-[\w-]{16,}", r"ey[JK][\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?",
    r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}", r"sq0(?:atp|csp)-[\w-]{20,}",
    r"do[opr]_v1_[0-9a-f]{40,}",
    r"dapi[0-9a-f]{32}", r"hv[sbr]\.[\w-]{20,}", r"lin_api_\w{20,}", r"NRAK-[A-Z0-9]{20,}",
    r"hf_[A-Za-z]{30,}", r"ATATT3x[\w=-]{20,}", r"key-[0-9a-f]{32}", r"SK[0-9a-f]{32}",
    r"hooks\.slack\.com/services/[\w/]{16,}", r"discord(?:app)?\.com/api/webhooks/[\w/-]{20,}",
    r"[0-9]{8,10}:AA[\w-]{32,}", r"AGE-SECRET-KEY-1[0-9A-Z]{20,}", r"PMAK-[0-9a-f-]{30,}",
    r"rubygems_[0-9a-f]{40,}", r"dckr_pat_[\w-]{20,}", r"figd_[\w-]{20,}", r"phx_\w{20,}",
)  # fmt: skip
"""Tokens of well-known services, in what RE2 and `re` read alike."""
_KNOWN_TOKEN = re.compile(rf"\b(?:{'|'.join(KNOWN_SHAPES)})")
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+'-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*"
    r"\.[A-Za-z][A-Za-z0-9-]{1,62}"
)
_SHORTEST_CARD = 13
_DIGITS = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])")
_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IP6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f]*:)[0-9A-Fa-f:]{3,39}(?![\w:])")
_SQL = re.compile(
    r"\b(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s"
    r"|insert\s+into\s|delete\s+from\s|update\s+\S+\s+set\s)"
)
_SMALL_SELECT = re.compile(r"\bselect\s")
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


def _without_sql_numbers(text: str) -> str:
    """Text whose SQL, from its first word on, has no long numbers."""
    start = _sql_start(text)
    return text if start < 0 else text[:start] + without_long_numbers(text[start:])


def _sql_start(text: str) -> int:
    found = _SQL.search(text)
    if found is None and " from " in text and (" where " in text or " values" in text):
        found = _SMALL_SELECT.search(text)
    return -1 if found is None else found.start()


def _hidden_ip6(match: re.Match[str]) -> str:
    try:
        ipaddress.IPv6Address(match.group())
    except ValueError:
        return match.group()
    return FILTERED


def is_email(text: str) -> bool:
    """True if the whole text is an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def emails_as(written: Callable[[str], str]) -> TextRule:
    """A rule that writes something else for each e-mail address."""
    return TextRule("email", lambda text: _EMAIL.sub(lambda match: written(match.group()), text))


EMAIL = TextRule("email", lambda text: _EMAIL.sub(FILTERED, text))
ADDRESS = TextRule("ip_address", lambda text: _IP6.sub(_hidden_ip6, _IP4.sub(FILTERED, text)))
ALWAYS = (
    TextRule(
        "private_key",
        lambda text: _PRIVATE_KEY.sub(FILTERED, text),
    ),
    TextRule(
        "url_password",
        lambda text: _URL_PASSWORD.sub(rf"\1:{FILTERED}@", text),
    ),
    TextRule(
        "bearer_token",
        lambda text: _BEARER.sub(rf"\1 {FILTERED}", text),
    ),
    TextRule(
        "cookie_header",
        lambda text: _COOKIE.sub(rf"\1\2{FILTERED}", text),
    ),
    TextRule("known_token", lambda text: _KNOWN_TOKEN.sub(FILTERED, text)),
    TextRule("card_number", _without_cards),
    TextRule("sql_number", _without_sql_numbers),
)
