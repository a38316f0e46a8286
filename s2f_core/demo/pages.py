"""The files that a browser gets: the page and its modules, models, ONNX Runtime's own."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response, StreamingResponse

from s2f_core.demo.http_errors import Refused, declared
from s2f_core.demo.models import Model
from s2f_core.report.theme.templates import styles

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

HERE = Path(__file__).parent / "page"
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".onnx": "application/octet-stream",
    ".wasm": "application/wasm",
}
ASSET = "onnxruntime-web"
PIECE = 64 * 2**10  # bytes


def add(app: FastAPI, models: dict[str, Model], root: Path) -> None:
    """Serve each file by a name of a table; no name of a request becomes a path."""
    files = {path.name: path for path in HERE.iterdir() if path.suffix in TYPES}
    packed = root / "assets" / ASSET / f"{ASSET}.zip"

    def get(path: str, kind: str, *refused: int) -> Callable[[Endpoint], Endpoint]:
        responses = declared(kind, *refused)
        return app.get(path, response_class=Response, response_model=None, responses=responses)

    @get("/", TYPES[".html"])
    @get("/browser", TYPES[".html"])
    async def page() -> FileResponse:
        return _file(files["index.html"])

    @get("/page/{name}", "text/*", 404, 422)
    async def part(name: str) -> Response:
        if name == "style.css":
            return Response(str(styles(files[name])), media_type=TYPES[".css"])
        if name not in files:
            raise Refused(404, f"the page has no part {name!r}")
        return _file(files[name])

    @get("/models/{name}.onnx", TYPES[".onnx"], 404, 422)
    def model(name: str) -> FileResponse:  # in a thread: it may have to be exported
        if name not in models:
            raise Refused(404, f"no model {name!r} is shown here ({', '.join(models)})")
        return FileResponse(models[name].session.path, media_type=TYPES[".onnx"])

    @get("/runtime/{name}", "*/*", 404, 422)
    def runtime(name: str) -> Response:  # in a thread: it has to be unpacked
        content = _member(packed, name)
        length = {"content-length": str(len(content))}
        return StreamingResponse(_pieces(content), headers=length, media_type=_type(name))


def _file(path: Path) -> FileResponse:
    return FileResponse(path, media_type=_type(path.name))


def _type(name: str) -> str:
    return TYPES[Path(name).suffix]


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    """As they are taken: whoever reads slowly has no copy of the whole."""
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


@lru_cache(maxsize=4)
def _member(packed: Path, name: str) -> bytes:
    """A file of the asset; raises Refused where that was not fetched, or has none of the name."""
    try:
        with zipfile.ZipFile(packed) as archive:
            if Path(name).suffix in TYPES and name in archive.namelist():
                return archive.read(name)
    except (OSError, zipfile.BadZipFile):
        raise Refused(404, f"a browser needs its own runtime: s2f fetch {ASSET}") from None
    raise Refused(404, f"the runtime has no file {name!r}")
