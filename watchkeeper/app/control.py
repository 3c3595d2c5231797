"""What commands ask of the running server over its Unix socket: `/control/*`.

The socket is 0600 in the data directory: whoever may open it owns the installation. The edge does
not forward these paths.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from watchkeeper.app.backup import Step
from watchkeeper.app.erase import EraseRequest, EraseStep
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.columns import Kept

if TYPE_CHECKING:
    from watchkeeper.ingest.history import HistoryAnswer

PREFIX = "/control"


class ServerRefused(WatchkeeperError):
    """The running server could not do what a command asked."""

    code = "server_refused"


def control_routes(
    back_up: Callable[[Path], Iterator[Step]],
    verify_retention: Callable[[], list[Kept]],
    reload: Callable[[], Awaitable[list[str]]],
    take_history: Callable[[int, bytes], HistoryAnswer],
    erase: Callable[[EraseRequest], Iterator[EraseStep]],
) -> list[Route]:
    """POST /control/backup {target} → one JSON line a step; the last may be {"error": …}.

    POST /control/erase {user, projects, dry_run} → one JSON line a step, as for a backup.
    POST /control/retention → a JSON list of what each project has in each table.
    POST /control/history?project=ID, body as for /api/v1/write/history → the same answer.
    POST /control/reload → {"problems": sentences}, empty if all files could be read.
    """

    async def backup(request: Request) -> StreamingResponse:
        target = Path(str((await request.json())["target"]))
        lines = _lines(step.line() for step in back_up(target))
        return StreamingResponse(iterate_in_threadpool(lines), media_type="application/jsonl")

    async def erasing(request: Request) -> StreamingResponse:
        sent = await request.json()
        asked = EraseRequest(
            user=str(sent["user"]),
            projects=tuple(int(each) for each in sent["projects"]),
            dry_run=bool(sent["dry_run"]),
        )
        lines = _lines(json.dumps(step.fields()) + "\n" for step in erase(asked))
        return StreamingResponse(iterate_in_threadpool(lines), media_type="application/jsonl")

    async def retention(_request: Request) -> JSONResponse:
        try:
            kept = await run_in_threadpool(verify_retention)
        except WatchkeeperError as error:
            return JSONResponse({"error": str(error)}, error.http_status)
        return JSONResponse([asdict(each) for each in kept])

    async def read_anew(_request: Request) -> JSONResponse:
        return JSONResponse({"problems": await reload()})

    async def history(request: Request) -> Response:
        from watchkeeper.api.compat import history_answer  # heavy, and commands need it not

        project_id, body = int(request.query_params["project"]), await request.body()
        return await run_in_threadpool(history_answer, lambda: take_history(project_id, body))

    return [
        Route(f"{PREFIX}/history", history, methods=["POST"]),
        Route(f"{PREFIX}/backup", backup, methods=["POST"]),
        Route(f"{PREFIX}/erase", erasing, methods=["POST"]),
        Route(f"{PREFIX}/retention", retention, methods=["POST"]),
        Route(f"{PREFIX}/reload", read_anew, methods=["POST"]),
    ]


def _lines(lines: Iterator[str]) -> Iterator[str]:
    try:
        yield from lines
    except WatchkeeperError as error:
        yield json.dumps({"error": str(error)}) + "\n"


def ask_for_backup(control_socket: Path, target: Path) -> Iterator[Step]:
    """Have the running server write a backup; its steps as they are done. Raises ServerRefused."""
    with _asked(control_socket, "backup", {"target": str(target.resolve())}) as answer:
        for line in answer:
            fields = json.loads(line)
            if "error" in fields:
                raise ServerRefused(fields["error"])
            yield Step(**fields)


def ask_to_erase(control_socket: Path, request: EraseRequest) -> Iterator[EraseStep]:
    """Have the running server erase a person; its steps as they are done. Raises ServerRefused."""
    asked = {"user": request.user, "projects": request.projects, "dry_run": request.dry_run}
    with _asked(control_socket, "erase", asked) as answer:
        for line in answer:
            fields = json.loads(line)
            if "error" in fields:
                raise ServerRefused(fields["error"])
            yield EraseStep.of(fields)


def ask_for_retention(control_socket: Path) -> list[Kept]:
    """Have the running server look what it keeps. Raises ServerRefused."""
    with _asked(control_socket, "retention", {}) as answer:
        return [Kept(**fields) for fields in json.loads(answer.read())]


def ask_to_reload(control_socket: Path) -> list[str]:
    """Have the running server read its prometheus.yml anew; what is wrong with it, as sentences.

    Raises ServerRefused.
    """
    with _asked(control_socket, "reload", {}) as answer:
        return [str(problem) for problem in json.loads(answer.read())["problems"]]


def send_history(control_socket: Path, project_id: int, body: bytes) -> tuple[int, bytes, int]:
    """Hand a snappy block of samples to the running server: status, body, seconds to wait.

    Raises ServerRefused if it does not answer.
    """
    connection = _UnixConnection(control_socket)
    try:
        headers = {"Content-Type": "application/x-protobuf"}
        connection.request("POST", f"{PREFIX}/history?project={project_id}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), int(answer.getheader("retry-after") or 0)
    except OSError as error:
        raise ServerRefused(f"The running server does not answer: {error}.") from error
    finally:
        connection.close()


@contextmanager
def _asked(
    control_socket: Path, what: str, fields: Mapping[str, object]
) -> Iterator[http.client.HTTPResponse]:
    """The running server's answer to one question."""
    connection = _UnixConnection(control_socket)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"{PREFIX}/{what}", json.dumps(fields), headers)
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise ServerRefused(f"The server answered {answer.status} to {what}.")
        yield answer
    except OSError as error:
        raise ServerRefused(f"The running server does not answer: {error}.") from error
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))
