"""Errors as HTTP responses: the JSON object ``{"error": message}`` with a status."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

JSON = "application/json"
DESCRIPTIONS = {
    400: "The body is not a usable image.",
    403: "The request comes from another site's page.",
    404: "There is no such resource.",
    408: "The image took too long to arrive.",
    409: "A newer request replaced this one, or the model has no such input.",
    413: "The image has too many bytes.",
    415: "The content type is not supported.",
    421: "The Host header does not name this server.",
    422: "A parameter is missing or invalid.",
    503: "The queue is full. Try again after the seconds of Retry-After.",
    504: "The work was not done in time.",
}

Responses = dict[int | str, dict[str, Any]]


class ApiError(Exception):
    """A request that fails with an HTTP ``status`` and a ``message`` for the client."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def openapi_responses(content_type: str, *statuses: int) -> Responses:
    """Return the OpenAPI responses of an endpoint: 200 of a content type, and error statuses.

    Every endpoint can answer 421.
    """
    content = {"type": "object"} if content_type == JSON else {"type": "string", "format": "binary"}
    error = {
        "type": "object",
        "properties": {"error": {"type": "string"}},
        "required": ["error"],
        "additionalProperties": False,
    }
    success = {"content": {content_type: {"schema": content}}, "description": "Success."}
    responses: Responses = {200: success}
    for status in sorted({*statuses, 421}):
        responses[status] = {
            "content": {JSON: {"schema": error}},
            "description": DESCRIPTIONS[status],
        }
    return responses


def add_handlers(app: FastAPI) -> None:
    """Answer ApiError, invalid parameters and unknown paths with a JSON error."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _invalid_parameters)
    app.add_exception_handler(HTTPException, _http_exception)


async def _api_error(_request: Request, error: Exception) -> Response:
    status, message = (error.status, error.message) if isinstance(error, ApiError) else (500, "")
    headers = {"retry-after": "1"} if status == 503 else None
    return JSONResponse({"error": message}, status, headers)


async def _invalid_parameters(_request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    messages = [f"{problem['loc'][-1]}: {problem['msg']}" for problem in problems]
    return JSONResponse({"error": "; ".join(messages)}, 422)


async def _http_exception(_request: Request, error: Exception) -> Response:
    status, message, headers = (
        (error.status_code, error.detail, error.headers)
        if isinstance(error, HTTPException)
        else (500, "", None)
    )
    return JSONResponse({"error": message}, status, headers)
