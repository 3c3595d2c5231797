"""How to reach a peer, as scrape jobs, http_sd and alertmanagers write it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from watchkeeper.ingest.scrape.types import Credentials, Header, HttpClient, OAuth2
from watchkeeper.lib.outbound import PLAIN_TLS, TlsOptions
from watchkeeper.lib.proxies import NO_PROXY, ProxyOptions
from watchkeeper.lib.yaml_fields import Fields

_CLOUD = ("sigv4", "azuread", "google_iam")
_TLS_VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = ("authorization", "host", "content-encoding", "content-length", "content-type",
         "user-agent", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
         "www-authenticate", "accept-encoding", "x-prometheus-remote-write-version",
         "x-prometheus-remote-read-version", "x-prometheus-scrape-timeout-seconds", "x-amz-date",
         "x-amz-security-token", "x-amz-content-sha256")  # fmt: skip
_ONE_WAY = "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file"


def read_client(fields: Fields) -> HttpClient:
    """basic_auth, authorization, oauth2, bearer_token, tls_config, proxy_url, http_headers, …"""
    for name in _CLOUD:
        if fields.has(name):
            raise fields.wrong(
                name, f"{name} is not supported; use basic_auth, authorization or oauth2"
            )
        fields.skip(name)
    fields.flag("enable_http2", True)  # HTTP/1.1 with kept connections serves scrapes as well
    credentials, oauth2 = _credentials(fields), fields.section("oauth2")
    if oauth2 is not None and credentials != Credentials():
        raise fields.wrong("oauth2", _ONE_WAY)
    return HttpClient(
        credentials=credentials,
        oauth2=_oauth2(oauth2) if oauth2 is not None else None,
        tls=_tls(fields),
        follow_redirects=fields.flag("follow_redirects", True),
        headers=_headers(fields),
        proxy=_proxy(fields),
    )


def _headers(fields: Fields) -> tuple[Header, ...]:
    section = fields.section("http_headers")
    headers: list[Header] = []
    for name in section.names() if section else ():
        entry = section.section(name) if section else None
        if not _HEADER_NAME.fullmatch(name):
            raise fields.wrong("http_headers", f'"{name}" is not a header name')
        if name.lower() in _OURS:
            raise fields.wrong("http_headers", f'setting header "{name}" is not allowed')
        if entry is not None:
            values = (*entry.texts("values"), *entry.texts("secrets"))
            headers.append(Header(name=name, values=values, files=entry.texts("files")))
            entry.finish()
    return tuple(headers)


def _proxy(fields: Fields) -> ProxyOptions:
    options = ProxyOptions(
        url=fields.text("proxy_url"),
        no_proxy=fields.text("no_proxy"),
        from_environment=fields.flag("proxy_from_environment"),
        connect_headers=tuple(
            (name, value)
            for name, values in fields.text_lists("proxy_connect_header").items()
            for value in values
        ),
    )
    if options.from_environment and (options.url or options.no_proxy):
        raise fields.wrong(
            "proxy_from_environment",
            "if proxy_from_environment is configured, proxy_url and no_proxy must not be",
        )
    if not options.url:
        if options.no_proxy:
            raise fields.wrong("no_proxy", "if no_proxy is configured, proxy_url must be too")
        if options.connect_headers and not options.from_environment:
            raise fields.wrong(
                "proxy_connect_header",
                "if proxy_connect_header is configured, proxy_url or proxy_from_environment must "
                "be too",
            )
        return options if options.from_environment else NO_PROXY
    parts = urlsplit(options.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise fields.wrong("proxy_url", f'"{options.url}" is not an http or https URL of a proxy')
    return options


def _credentials(fields: Fields) -> Credentials:
    basic, bearer = fields.section("basic_auth"), fields.section("authorization")
    token, token_file = fields.text("bearer_token"), fields.text("bearer_token_file")
    if sum((basic is not None, bearer is not None, bool(token), bool(token_file))) > 1:
        raise fields.wrong("basic_auth" if basic else "authorization", _ONE_WAY)
    if basic is not None:
        return _basic(basic)
    if bearer is not None:
        return _authorization(bearer)
    if token or token_file:
        return Credentials(scheme="Bearer", token=token, token_file=token_file)
    return Credentials()


def _basic(basic: Fields) -> Credentials:
    found = Credentials(
        username=basic.text("username"),
        username_file=basic.text("username_file"),
        password=basic.text("password"),
        password_file=basic.text("password_file"),
    )
    if found.username and found.username_file:
        raise basic.wrong("username", "at most one of username and username_file")
    if found.password and found.password_file:
        raise basic.wrong("password", "at most one of password and password_file")
    basic.finish()
    return found


def _authorization(bearer: Fields) -> Credentials:
    scheme = bearer.text("type", "Bearer").strip() or "Bearer"
    if scheme.lower() == "basic":
        raise bearer.wrong("type", "type of authorization cannot be basic; use basic_auth")
    found = Credentials(
        scheme=scheme,
        token=bearer.text("credentials"),
        token_file=bearer.text("credentials_file"),
    )
    if found.token and found.token_file:
        raise bearer.wrong("credentials", "at most one of credentials and credentials_file")
    bearer.finish()
    return found


def _oauth2(fields: Fields) -> OAuth2:
    for name in ("grant_type", "client_certificate_key", "client_certificate_key_file"):
        if fields.text(name) not in ("", "client_credentials"):
            raise fields.wrong(
                name, "only the grant client_credentials with a client_secret is supported"
            )
    found = OAuth2(
        client_id=fields.text("client_id"),
        client_secret=fields.text("client_secret"),
        client_secret_file=fields.text("client_secret_file"),
        scopes=fields.texts("scopes"),
        token_url=fields.text("token_url"),
        endpoint_params=tuple(fields.text_map("endpoint_params").items()),
        tls=_tls(fields),
        proxy=_proxy(fields),
    )
    if not found.client_id:
        raise fields.wrong("client_id", "oauth2 client_id must be configured")
    if bool(found.client_secret) == bool(found.client_secret_file):
        raise fields.wrong(
            "client_secret", "either oauth2 client_secret or client_secret_file must be configured"
        )
    if not re.match(r"https?://[^/]+", found.token_url):
        raise fields.wrong("token_url", "oauth2 token_url must be an http or https URL")
    fields.finish()
    return found


def _tls(fields: Fields) -> TlsOptions:
    section = fields.section("tls_config")
    if section is None:
        return PLAIN_TLS
    for name in ("min_version", "max_version"):
        if section.text(name, "TLS12") not in _TLS_VERSIONS:
            raise section.wrong(name, f"must be one of {', '.join(_TLS_VERSIONS)}")
    options = TlsOptions(
        ca_file=section.text("ca_file"),
        ca_text=section.text("ca"),
        cert_file=section.text("cert_file"),
        cert_text=section.text("cert"),
        key_file=section.text("key_file"),
        key_text=section.text("key"),
        server_name=section.text("server_name"),
        insecure_skip_verify=section.flag("insecure_skip_verify"),
        min_version=section.text("min_version"),
        max_version=section.text("max_version"),
    )
    for what in ("ca", "cert", "key"):
        if section.has(what) and section.has(f"{what}_file"):
            raise section.wrong(what, f"at most one of {what} and {what}_file")
    if bool(options.cert_file or options.cert_text) != bool(options.key_file or options.key_text):
        raise section.wrong(
            "cert_file" if section.has("cert_file") else "key_file",
            "a client certificate needs both its certificate (cert or cert_file) and its key "
            "(key or key_file)",
        )
    section.finish()
    return options
