"""The pages of the web UI and their assets, as built from web/."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from watchkeeper.api.security import new_nonce, page_policy
from watchkeeper.lib.errors import NotFound

ASSETS = Path(__file__).parent / "assets"
PAGES = ("/", "/login", "/first-run", "/o/{path:path}", "/ack/{path:path}", "/graph", "/query")

_HASHED_NAME = re.compile(r"-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Watchkeeper</title></head><body>
<h1>The web UI is not built</h1>
<p>The server runs, and its API answers. Run <code>make run</code> in the project's folder, or
<code>npm ci</code> and <code>npm run build</code> in <code>web/</code>, then load this page
again.</p>
</body></html>
"""


class Pages:
    """Serves index.html with a fresh nonce for every page, and files under /assets/.

    directory: where the build put them; it may not exist.
    """

    def __init__(self, directory: Path = ASSETS) -> None:
        self._directory = directory.resolve()

    def routes(self) -> list[Route]:
        """A route for each page and one for the assets."""
        pages = [Route(path, self.page, methods=["GET"]) for path in PAGES]
        return [*pages, Route("/assets/{path:path}", self.asset, methods=["GET"])]

    def page(self, _request: Request) -> Response:
        """index.html; without a build, a plain page that says how to make one."""
        index = self._directory / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, 503)
        nonce = new_nonce()
        return HTMLResponse(
            with_nonce(index.read_text(encoding="utf-8"), nonce),
            headers={"Content-Security-Policy": page_policy(nonce), "Cache-Control": "no-store"},
        )

    def asset(self, request: Request) -> Response:
        """One file; a name with a hash is kept for ever, others are asked for again by ETag."""
        path = self._path_of(request.path_params["path"])
        encoding, chosen = _encoded(path, request.headers.get("accept-encoding", ""))
        etag = _etag(chosen)
        headers = {
            "ETag": etag,
            "Vary": "Accept-Encoding",
            "Cache-Control": _FOREVER if _HASHED_NAME.search(path.name) else _ASK_AGAIN,
        }
        if encoding:
            headers["Content-Encoding"] = encoding
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(chosen, media_type=kind, headers=headers)

    def _path_of(self, name: str) -> Path:
        path = (self._directory / name).resolve()
        inside = path.is_relative_to(self._directory)
        if not inside or not path.is_file() or path.name == "index.html":
            raise NotFound("There is no such file.")
        return path


def with_nonce(html: str, nonce: str) -> str:
    """The page with its nonce where scripts find it: `meta[property=csp-nonce]`."""
    meta = f'<meta property="csp-nonce" nonce="{nonce}" content="{nonce}" />'
    return html.replace("<head>", f"<head>\n    {meta}", 1)


def _encoded(path: Path, accepted: str) -> tuple[str, Path]:
    """The smallest form of a file that the caller accepts and the build made."""
    words = {word.partition(";")[0].strip() for word in accepted.split(",")}
    for encoding, suffix in _ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if encoding in words and packed.is_file():
            return encoding, packed
    return "", path


def _etag(path: Path) -> str:
    facts = path.stat()
    digest = hashlib.blake2b(
        f"{path.name}:{facts.st_size}:{facts.st_mtime_ns}".encode(), digest_size=8
    )
    return f'"{digest.hexdigest()}"'
