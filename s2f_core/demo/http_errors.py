"""Requests that get no answer but why: as JSON, ``{"error": …}``, with an HTTP status."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

JSON = "application/json"
WHY = {
    400: "no drawing, or photo",
    403: "asked by a page from elsewhere",
    404: "no such thing here",
    408: "the drawing took too long to come",
    409: "a newer one came, or the model has no such input",
    413: "too many bytes",
    415: "no image of a kind that is read",
    421: "asked for by a name that is not this server's",
    422: "a parameter is missing or wrong",
    503: "too much to do: again after Retry-After",
    504: "not done in time",
}

Responses = dict[int | str, dict[str, Any]]


class Refused(Exception):
    """A request that gets no answer but ``why``, with an HTTP status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


def declared(kind: str, *statuses: int) -> Responses:
    """What OpenAPI says of an endpoint that gives what is of type ``kind``, or refuses."""
    given = {"type": "string", "format": "binary"} if kind != JSON else {"type": "object"}
    error = {
        "type": "object",
        "properties": {"error": {"type": "string"}},
        "required": ["error"],
        "additionalProperties": False,
    }
    told: Responses = {200: {"content": {kind: {"schema": given}}, "description": "what was asked"}}
    for status in sorted({*statuses, 421}):
        told[status] = {"content": {JSON: {"schema": error}}, "description": WHY[status]}
    return told


def add(app: FastAPI) -> None:
    """Tell refused requests, those with wrong parameters, and those for nothing that is there."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unknown)


async def _refused(_request: Request, error: Exception) -> Response:
    status, why = (error.status, error.why) if isinstance(error, Refused) else (500, "")
    headers = {"retry-after": "1"} if status == 503 else None
    return JSONResponse({"error": why}, status, headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    told = [f"{problem['loc'][-1]}: {problem['msg']}" for problem in problems]
    return JSONResponse({"error": "; ".join(told)}, 422)


async def _unknown(_request: Request, error: Exception) -> Response:
    status, why, headers = (
        (error.status_code, error.detail, error.headers)
        if isinstance(error, HTTPException)
        else (500, "", None)
    )
    return JSONResponse({"error": why}, status, headers)
