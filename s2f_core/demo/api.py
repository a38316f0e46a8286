"""What the page asks for: models, pictures, examples, hints; each within a time."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import time
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import numpy as np
from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, encode_png, to_rgb
from s2f_core.demo.canvases import SHEETS
from s2f_core.demo.hints import hints
from s2f_core.demo.http_errors import JSON, Refused, declared
from s2f_core.demo.models import Model
from s2f_core.demo.queue import BusyError, Desk, SupersededError
from s2f_core.demo.training_data import Learned
from s2f_core.demo.uploads import FORMATS, RAW, received
from s2f_core.networks.upscalers import UPSCALERS
from s2f_core.networks.upscalers.edsr import EDSR_FILE

T = TypeVar("T")

SECONDS = 10.0  # for one answer, of which waiting is a part
EXPORT = 120.0  # seconds for a model to be exported
WAITING = 96  # requests at most: of fifty pages with two models each
THREADS = 2
PNG = "image/png"

Upscale = Literal["none", "bicubic", "edsr"]
ModelName = Annotated[str, Query(alias="model", max_length=200)]
Seed = Annotated[int, Query(ge=0, lt=2**32)]
Client = Annotated[str, Query(pattern="^[A-Za-z0-9_-]{1,64}$")]


def add(app: FastAPI, models: dict[str, Model], learned: Learned) -> None:
    """Answer below ``/api``."""
    desk = Desk(min(THREADS, os.cpu_count() or 1), WAITING)
    server = Answers(models, learned, desk, ThreadPoolExecutor(1, "reader"))
    known, work = (404, 422), (403, 404, 409, 422, 503, 504)
    sent = (*work, 400, 408, 413, 415)
    routes: tuple[tuple[str, str, Callable[..., Awaitable[object]], str, tuple[int, ...]], ...] = (
        ("GET", "models", server.told, JSON, ()),
        ("GET", "habits", server.habits, JSON, known),
        ("GET", "example", server.example, PNG, known),
        ("GET", "guide", server.guide, PNG, known),
        ("GET", "noise", server.noise, RAW, known),
        ("POST", "ready", server.ready, JSON, work),
        ("POST", "picture", server.picture, PNG, sent),
        ("POST", "hints", server.hints, JSON, sent),
        ("POST", "condition", server.condition, PNG, sent),
    )
    for method, name, answer, kind, refused in routes:
        app.add_api_route(
            f"/api/{name}",
            answer,
            methods=[method],
            response_model=None,
            response_class=JSONResponse if kind == JSON else Response,
            responses=declared(kind, *refused),
            openapi_extra=_body(required=name != "picture") if refused == sent else None,
        )


def _body(*, required: bool) -> dict[str, Any]:
    image = {"schema": {"type": "string", "format": "binary"}}
    content = dict.fromkeys([RAW, *FORMATS], image)
    return {"requestBody": {"content": content, "required": required}}


@dataclass(frozen=True)
class Answers:
    """One method for each thing that can be asked."""

    models: dict[str, Model]
    learned: Learned
    desk: Desk
    reader: ThreadPoolExecutor  # of one thread: what many ask for is read once

    async def told(self) -> dict[str, object]:
        """The models, the sheets that one draws on for them, and how a picture can be enlarged."""
        there = (self.learned.root / EDSR_FILE).is_file()
        return {
            "sheets": {name: sheet.told() for name, sheet in SHEETS.items()},
            "upscales": [name for name in get_args(Upscale) if name != "edsr" or there],
            "models": [_told(model) for model in self.models.values()],
        }

    async def picture(
        self,
        request: Request,
        model: ModelName,
        client: Client,
        seed: Seed = 0,
        upscale: Upscale = "none",
    ) -> Response:
        """A PNG of what a model makes of a drawing; its milliseconds are in ``Server-Timing``."""
        chosen = self._model(model)
        drawing = (
            None if chosen.sheet == "noise" else await received(request, chosen.description.size)
        )

        def make() -> tuple[bytes, float, float]:
            began = time.perf_counter()
            made = chosen.picture(drawing, seed)
            done = time.perf_counter()
            larger = _enlarged(made, upscale, self.learned.root)
            png = encode_png(larger)
            return png, done - began, time.perf_counter() - done

        png, model_seconds, rest = await self._do(_who(request, client), (client, model), make)
        timing = f"model;dur={1e3 * model_seconds:.2f}, rest;dur={1e3 * rest:.2f}"
        return Response(png, media_type=PNG, headers={"server-timing": timing})

    async def ready(self, request: Request, model: ModelName, client: Client) -> dict[str, bool]:
        """Have a model exported, if it was not yet: seconds, the first time on this machine."""
        chosen = self._model(model)
        key = (client, model, "ready")
        await self._do(_who(request, client), key, lambda: chosen.session, EXPORT)
        return {"ready": True}

    async def hints(self, request: Request, model: ModelName, client: Client) -> dict[str, object]:
        """How a drawing differs from the model's training inputs."""
        chosen = self._model(model)
        drawing = await received(request, chosen.description.size)

        def make() -> list[dict[str, object]]:
            usual = self.learned.habits(chosen)
            return hints(chosen.page(drawing), chosen.sheet, usual)

        key = (client, model, "hints")
        return {"hints": await self._do(_who(request, client), key, make)}

    async def condition(self, request: Request, model: ModelName, client: Client) -> Response:
        """A PNG of a photo's condition, as the model learned from it."""
        chosen = self._model(model)
        photo = await received(request, chosen.photo_size)

        def make() -> bytes:
            try:
                return encode_png(self.learned.of_photo(chosen, photo))
            except UserError as error:
                raise Refused(409, str(error)) from None
            except ImageError as error:
                raise Refused(422, str(error)) from None

        png = await self._do(_who(request, client), (client, "condition"), make)
        return Response(png, media_type=PNG)

    async def example(
        self, model: ModelName, number: Annotated[int, Query(ge=0, lt=100)]
    ) -> Response:
        """A PNG of a test input of the pipeline."""
        found = await self._read(self.learned.examples, self._model(model))
        if number >= len(found):
            raise Refused(404, f"{model} has {len(found)} examples here")
        return Response(encode_png(found[number]), media_type=PNG)

    async def habits(self, model: ModelName) -> dict[str, object]:
        """How many examples there are, and the usual range of every measure of the inputs."""
        chosen = self._model(model)
        examples = await self._read(self.learned.examples, chosen)
        usual = await self._read(self.learned.habits, chosen)
        ranges = {name: asdict(range_) for name, range_ in usual.items()}
        return {"examples": len(examples), "habits": ranges}

    async def guide(self, model: ModelName) -> Response:
        """A PNG of the mean training input."""
        chosen = self._model(model)
        mean = await self._read(self.learned.guide, chosen)
        if mean is None:
            raise Refused(404, f"what {model} learned from is not here")
        return Response(encode_png(mean), media_type=PNG)

    async def noise(self, model: ModelName, seed: Seed = 0) -> Response:
        """The random inputs of a model, float32 one behind the other; their names in a header."""
        drawn = self._model(model).drawn(seed)
        shapes = "; ".join(f"{name}={'x'.join(map(str, a.shape))}" for name, a in drawn.items())
        content = b"".join(np.ascontiguousarray(values).tobytes() for values in drawn.values())
        return Response(content, media_type=RAW, headers={"s2f-shapes": shapes})

    async def _read(self, read: Callable[[Model], T], model: Model) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.reader, read, model)

    def _model(self, name: str) -> Model:
        if name not in self.models:
            known = ", ".join(self.models)
            raise Refused(404, f"no model {name!r} is shown here ({known})")
        return self.models[name]

    async def _do(
        self, who: str, key: Hashable, work: Callable[[], T], seconds: float = SECONDS
    ) -> T:
        try:
            return await self.desk.do(who, key, work, seconds)
        except SupersededError:
            raise Refused(409, "a newer drawing came") from None
        except BusyError:
            raise Refused(503, f"{WAITING} drawings are waiting already; try again") from None
        except TimeoutError:
            raise Refused(504, f"not done after {seconds:g} seconds") from None


def _who(request: Request, client: str) -> str:
    """Whose turn it is: of other machines there is one each, whatever names it goes by."""
    address = request.client.host if request.client else ""
    return client if ipaddress.ip_address(address).is_loopback else address


def _told(model: Model) -> dict[str, object]:
    told = model.description
    return {
        "name": model.name,
        "sheet": model.sheet,
        "condition": told.condition,
        "role": told.role,
        "size": told.size,
        "inChannels": told.in_channels,
        "outChannels": told.out_channels,
        "noisy": model.noisy,
    }


def _enlarged(picture: Pixels, upscale: Upscale, root: Path) -> Pixels:
    """Twice as large by an upscaler; EDSR takes a grey picture for one in colour."""
    if upscale == "none":
        return picture
    given = to_rgb(picture) if upscale == "edsr" else picture
    try:
        return np.asarray(UPSCALERS[upscale](given[None], 2 * len(picture), root)[0])
    except UserError as error:
        raise Refused(409, str(error)) from None
