"""TLS of sockets that we listen on: certificates from files, taken anew when the files change."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from typing import ClassVar

from watchkeeper.lib.errors import WatchkeeperError

_Seen = tuple[tuple[int, int, int], ...]


class CertificateUnusable(WatchkeeperError):
    """A certificate, its key or clients' authorities cannot be used; the sentence says why."""

    code: ClassVar[str] = "certificate_unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files of one listener; each is a path.

    cert_file: the certificate and those that signed it, the server's own first.
    key_file: its key without a passphrase; empty: it stands in cert_file.
    client_ca_file: authorities that must have signed a client's certificate; empty: none is asked.
    """

    cert_file: str
    key_file: str = ""
    client_ca_file: str = ""

    @property
    def paths(self) -> list[str]:
        return [each for each in (self.cert_file, self.key_file, self.client_ca_file) if each]


class ServerTls:
    """One listener's TLS, 1.2 or newer.

    context: for as long as the listener lives. Connections made after a reload see the new
    certificate, those that stand keep theirs. Raises CertificateUnusable.
    """

    def __init__(self, files: TlsFiles, *, protocols: tuple[str, ...] = ()) -> None:
        """protocols: what the listener speaks above TLS, by the names of ALPN."""
        self._files = files
        self._seen = _seen(files)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        if protocols:
            self.context.set_alpn_protocols(list(protocols))
        _fill(self.context, files)

    def reload_if_changed(self) -> bool:
        """True if changed files were taken; what does not work leaves the old ones in use.

        An authority that is no longer in client_ca_file is trusted until a restart.
        Raises CertificateUnusable, again with each call until the files are right.
        """
        seen = _seen(self._files)
        if seen == self._seen:
            return False
        # A key that is not the certificate's would spoil the context in use: they are tried first.
        _fill(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), self._files)
        _fill(self.context, self._files)
        self._seen = seen
        return True


def _fill(context: ssl.SSLContext, files: TlsFiles) -> None:
    try:
        # A passphrase is never asked for on the terminal: an empty one fails instead.
        context.load_cert_chain(files.cert_file, files.key_file or None, password=lambda: b"")
    except (OSError, ValueError) as error:  # SSLError is an OSError
        named = " and ".join(files.paths[: 2 if files.key_file else 1])
        raise CertificateUnusable(
            f"The certificate of {named} cannot be used: {_reason(error)}. Give PEM files that "
            "belong together, the server's certificate first and the key without a passphrase."
        ) from error
    if not files.client_ca_file:
        return
    try:
        context.load_verify_locations(files.client_ca_file)
    except (OSError, ValueError) as error:
        raise CertificateUnusable(
            f"The authorities of {files.client_ca_file} cannot be used: {_reason(error)}. "
            "Give a PEM file of certificates."
        ) from error
    context.verify_mode = ssl.CERT_REQUIRED


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).lower().replace("_", " ")
    return (getattr(error, "strerror", None) or str(error)).lower()


def _seen(files: TlsFiles) -> _Seen:
    """What tells a changed file: a missing one is a change as well."""
    found = []
    for path in files.paths:
        try:
            state = os.stat(path)
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((state.st_ino, state.st_mtime_ns, state.st_size))
    return tuple(found)
