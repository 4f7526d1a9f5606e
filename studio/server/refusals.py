"""Errors in the shape that OpenAI's clients read."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from studio.domain.errors import InputError, OutOfMemory, StudioError, UnknownNameError


class Refusal(Exception):
    """A request that can't be answered.

    Args:
        status: HTTP status.
        message: A sentence.
        param: The field of the request that it is about.
        code: OpenAI's word for it, where there is one.
    """

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code


def refusal_of(error: StudioError) -> Refusal:
    """The refusal that stands for an error of the studio."""
    if isinstance(error, UnknownNameError):
        return Refusal(404, str(error), "model", "model_not_found")
    if isinstance(error, InputError):
        return Refusal(400, str(error))
    if isinstance(error, OutOfMemory):
        return Refusal(503, str(error), code="out_of_memory")
    return Refusal(500, str(error), code="server_error")


def body_of(refusal: Refusal) -> dict[str, Any]:
    """The document of a refusal."""
    kind = "invalid_request_error" if refusal.status < 500 else "server_error"
    return {"error": {"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.code}}


def response_of(refusal: Refusal) -> JSONResponse:
    """The answer to a request that can't be answered."""
    headers = {"Retry-After": "1"} if refusal.status in (429, 503) else None
    return JSONResponse(body_of(refusal), refusal.status, headers)
