"""POST /-/reload: read prometheus.yml anew, as Prometheus does when it is told to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from watchkeeper.access import Principal
from watchkeeper.lib.errors import Forbidden
from watchkeeper.model import Role

PATH = "/-/reload"


def reload_routes(
    require: Callable[[Request], Principal], reload: Callable[[], Awaitable[list[str]]]
) -> list[Route]:
    """200 without a body; 500 with what is wrong, and the old configuration goes on.

    require: who is asking; blocking; raises Unauthorized. reload: problems as sentences.
    """

    async def answer(request: Request) -> Response:
        check_may_reload(await run_in_threadpool(require, request))
        problems = await reload()
        if problems:
            text = f"failed to reload config: {'; '.join(problems)}\n"
            return PlainTextResponse(text, status_code=500)
        return Response(status_code=200)

    return [Route(PATH, answer, methods=["POST", "PUT"])]


def check_may_reload(caller: Principal) -> None:
    """Raises Forbidden unless the caller is an admin somewhere on this server."""
    is_admin = any(member.role >= Role.ADMIN for member in caller.memberships)
    if not (is_admin or caller.is_platform_admin):
        raise Forbidden("Reloading the configuration needs the role admin.")
