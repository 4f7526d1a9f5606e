"""The server's routes."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from studio import __version__
from studio.domain.errors import StudioError
from studio.domain.i18n import _
from studio.server import generating, others
from studio.server.desk import Desk
from studio.server.gate import Gate
from studio.server.offered import Offered
from studio.server.refusals import Refusal, refusal_of, response_of

#: Hears of every request: method, path, status and seconds; never of what was asked.
Heard = Callable[[str, str, int, float], None]
_Asked = Callable[[Request, Mapping[str, Any], Offered, Desk], Awaitable[Response]]
_LOG = logging.getLogger(__name__)


def make_app(offered: Offered, desk: Desk, gate: Gate, heard: Heard) -> Starlette:
    """The application.

    Args:
        offered: Which models there are.
        desk: Answers requests.
        gate: Lets them in.
        heard: Hears of each.
    """

    async def guarded(request: Request, answer: Callable[[], Awaitable[Response]]) -> Response:
        began = time.perf_counter()
        try:
            gate.check(request)
            response = await answer()
        except Refusal as refusal:
            response = response_of(refusal)
        except StudioError as error:
            response = response_of(refusal_of(error))
        except Exception:  # noqa: BLE001 - the server's edge: one request's failure ends no other
            _LOG.exception("A request failed")
            response = response_of(Refusal(500, _("Something unexpected went wrong."), code="server_error"))
        heard(request.method, request.url.path, response.status_code, time.perf_counter() - began)
        return response

    def post(path: str, ask: _Asked) -> Route:
        async def endpoint(request: Request) -> Response:
            async def answer() -> Response:
                return await ask(request, await gate.body(request), offered, desk)

            return await guarded(request, answer)

        return Route(path, endpoint, methods=["POST"])

    async def models(request: Request) -> Response:
        return await guarded(request, lambda: others.list_models(offered))

    async def model(request: Request) -> Response:
        return await guarded(request, lambda: others.one_model(request.path_params["name"], offered))

    async def health(request: Request) -> Response:
        async def answer() -> Response:
            return JSONResponse({"status": "ok", "name": "Prototype Studio", "version": __version__})

        return await guarded(request, answer)

    async def unknown(request: Request, _error: Exception) -> Response:
        return response_of(Refusal(404, _("There is nothing at this address."), code="not_found"))

    return Starlette(
        routes=[
            Route("/", health),
            Route("/health", health),
            Route("/v1/models", models),
            Route("/v1/models/{name:path}", model),
            post("/v1/chat/completions", generating.chat),
            post("/v1/completions", generating.complete),
            post("/v1/embeddings", others.embed),
            post("/v1/studio/run", others.run),
        ],
        exception_handlers={404: unknown, 405: unknown},
    )
