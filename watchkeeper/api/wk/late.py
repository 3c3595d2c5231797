"""Routes of the JSON API that are made when they are first asked.

To make a route takes one or two milliseconds of looking at its function and of building the
validators of what goes in and out. All of them together would hold up the start, and the first
page asks for a dozen of more than a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, TypedDict, TypeVar, Unpack

from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

PREFIX = "/api/wk"

Handler = TypeVar("Handler", bound=Callable[..., object])


class Told(TypedDict, total=False):
    """What a route says beyond its function's signature, under FastAPI's names."""

    response_model: type
    status_code: int
    response_class: type[Response]
    responses: dict[int | str, dict[str, Any]]


class LateRoute(Route):
    """Matches at once; what answers is made when it is first asked, once."""

    def __init__(
        self, path: str, handler: Callable[..., object], method: str, make: Callable[[], APIRoute]
    ) -> None:
        super().__init__(path, handler)
        self.methods = {method}  # without the HEAD that comes with GET: FastAPI has none
        self._make = make

    @cached_property
    def made(self) -> APIRoute:
        """The route as FastAPI wants it."""
        return self._make()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a method that the route does not take is answered with 405."""
        await self.made.handle(scope, receive, send)


class LateRouter:
    """Takes the routes of one room, as FastAPI's APIRouter does.

    prefix: goes before each path, after PREFIX. responses: what every route may answer besides.
    """

    def __init__(
        self,
        *,
        tags: Sequence[str],
        responses: dict[int | str, dict[str, Any]],
        prefix: str = "",
    ) -> None:
        self.routes: list[LateRoute] = []
        self._tags: list[str | Enum] = list(tags)
        self._responses = responses
        self._prefix = PREFIX + prefix

    def get(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Decorates what answers a GET of the path."""
        return self._taking("GET", path, told)

    def post(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Decorates what answers a POST to the path."""
        return self._taking("POST", path, told)

    def put(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Decorates what answers a PUT to the path."""
        return self._taking("PUT", path, told)

    def patch(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Decorates what answers a PATCH of the path."""
        return self._taking("PATCH", path, told)

    def delete(self, path: str, **told: Unpack[Told]) -> Callable[[Handler], Handler]:
        """Decorates what answers a DELETE of the path."""
        return self._taking("DELETE", path, told)

    def _taking(self, method: str, path: str, told: Told) -> Callable[[Handler], Handler]:
        whole = self._prefix + path
        options: Told = {**told, "responses": {**self._responses, **told.get("responses", {})}}

        def take(handler: Handler) -> Handler:
            def make() -> APIRoute:
                return APIRoute(
                    whole,
                    handler,
                    methods=[method],
                    tags=self._tags,
                    generate_unique_id_function=operation_id,
                    **options,
                )

            self.routes.append(LateRoute(whole, handler, method, make))
            return handler

        return take


def operation_id(route: APIRoute) -> str:
    """The handler's name: the name of the function in generated clients."""
    return route.name
