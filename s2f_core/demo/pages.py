"""The files that the browser loads: the page, the exported models, ONNX Runtime's WebAssembly."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response, StreamingResponse

from s2f_core.demo.http_errors import ApiError, openapi_responses
from s2f_core.demo.models import DemoModel, find_model
from s2f_core.report.theme.templates import styles

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

PAGE_FOLDER = Path(__file__).parent / "page"
CONTENT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".onnx": "application/octet-stream",
    ".wasm": "application/wasm",
}
RUNTIME = "onnxruntime-web"  # an asset
CHUNK = 64 * 2**10  # bytes


def add_routes(app: FastAPI, models: dict[str, DemoModel], root: Path) -> None:
    """Add the routes. Each looks a name up in a table: no part of a request becomes a path."""
    files = {path.name: path for path in PAGE_FOLDER.iterdir() if path.suffix in CONTENT_TYPES}
    runtime_archive = root / "assets" / RUNTIME / f"{RUNTIME}.zip"

    def get(path: str, content_type: str, *errors: int) -> Callable[[Endpoint], Endpoint]:
        responses = openapi_responses(content_type, *errors)
        return app.get(path, response_class=Response, response_model=None, responses=responses)

    @get("/", CONTENT_TYPES[".html"])
    @get("/browser", CONTENT_TYPES[".html"])
    async def page() -> FileResponse:
        """Return the page."""
        return _file_response(files["index.html"])

    @get("/page/{name}", "text/*", 404, 422)
    async def page_file(name: str) -> Response:
        """Return a script or the style sheet of the page."""
        if name == "style.css":
            return Response(str(styles(files[name])), media_type=CONTENT_TYPES[".css"])
        if name not in files:
            raise ApiError(404, f"the page has no file {name!r}")
        return _file_response(files[name])

    @get("/models/{name}.onnx", CONTENT_TYPES[".onnx"], 404, 422)
    def model_file(name: str) -> FileResponse:  # not async: the export may take seconds
        """Return a model in the ONNX format."""
        path = find_model(models, name).session.path
        return FileResponse(path, media_type=CONTENT_TYPES[".onnx"])

    @get("/runtime/{name}", "*/*", 404, 422)
    def runtime_file(name: str) -> Response:  # not async: the file has to be unpacked
        """Return a file of ONNX Runtime for browsers."""
        content = _read_member(runtime_archive, name)
        length = {"content-length": str(len(content))}
        return StreamingResponse(_chunks(content), headers=length, media_type=_content_type(name))


def _file_response(path: Path) -> FileResponse:
    return FileResponse(path, media_type=_content_type(path.name))


def _content_type(name: str) -> str:
    return CONTENT_TYPES[Path(name).suffix]


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    """Yield chunks as the client reads them: a slow client holds no copy of the whole."""
    for start in range(0, len(content), CHUNK):
        yield content[start : start + CHUNK]


@lru_cache(maxsize=4)
def _read_member(archive_path: Path, name: str) -> bytes:
    """Read a file of the runtime's archive; raises ApiError 404 if either is missing."""
    try:
        with zipfile.ZipFile(archive_path) as archive:
            if Path(name).suffix in CONTENT_TYPES and name in archive.namelist():
                return archive.read(name)
    except (OSError, zipfile.BadZipFile):
        raise ApiError(404, f"{RUNTIME} is not installed: s2f fetch {RUNTIME}") from None
    raise ApiError(404, f"{RUNTIME} has no file {name!r}")
