"""Which packages of a Go program are libraries, told by package and file. Pure."""

from __future__ import annotations

import re

_FILE = re.compile(
    r"/pkg/mod/|/vendor/|/libexec/src/|@v\d"
    r"|(?:^|/)(?:usr/local/|usr/lib/|opt/)?go(?:-?[\d.]+)?/src/(?!.*\..*/)"
)
_REPORTERS = ("go.opentelemetry.io/", "github.com/getsentry/")
"""Who takes the stack down stands on top of it, wherever its source lay when it was built."""
_STANDARD = frozenset({
    "archive", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context", "crypto",
    "database", "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash",
    "html", "image", "index", "internal", "io", "iter", "log", "maps", "math", "mime", "net",
    "os", "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv",
    "strings", "sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe",
    "weak",
})  # fmt: skip


def is_library(package: str, file: str) -> bool:
    """True for the standard library and for modules of others.

    file: with forward slashes; without its folders of the machine if built by `-trimpath`, then
    only a module's version (`@v1.2.3`) tells it from code of one's own.
    """
    if package == "main":
        return False
    if _FILE.search(file) or package.startswith(_REPORTERS):
        return True
    return package.partition("/")[0] in _STANDARD
