"""The endpoints below ``/api``: models, translations, hints, examples."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import numpy as np
from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, encode_png, to_rgb
from s2f_core.data.palette import REGIONS, Palette
from s2f_core.data.sketch.paper import clean
from s2f_core.demo.canvases import CANVASES
from s2f_core.demo.hints import alignment_note, hints, warning
from s2f_core.demo.http_errors import JSON, ApiError, openapi_responses
from s2f_core.demo.jobs import run_job
from s2f_core.demo.models import DemoModel, find_model
from s2f_core.demo.queue import FairQueue
from s2f_core.demo.training_data import TrainingData
from s2f_core.demo.uploads import FORMATS, RAW, read_image
from s2f_core.inference.inputs import photo_palette
from s2f_core.inference.options import Align
from s2f_core.networks.upscalers import UPSCALERS
from s2f_core.networks.upscalers.edsr import EDSR_FILE

T = TypeVar("T")

QUEUE_CAPACITY = 96  # waiting requests: fifty pages with two models each
EXPORT_TIMEOUT = 120.0  # seconds to wait and export a model
THREADS = 2
PNG = "image/png"

Upscaler = Literal["none", "bicubic", "edsr"]
ModelName = Annotated[str, Query(alias="model", max_length=200)]
Seed = Annotated[int, Query(ge=0, lt=2**32)]
Colours = Annotated[str, Query(pattern="^(|#[0-9a-fA-F]{6}(,#[0-9a-fA-F]{6}){3})$")]
Client = Annotated[str, Query(pattern="^[A-Za-z0-9_-]{1,64}$")]


def add_routes(app: FastAPI, models: dict[str, DemoModel], training_data: TrainingData) -> None:
    """Add the endpoints to an application."""
    queue = FairQueue(min(THREADS, os.cpu_count() or 1), QUEUE_CAPACITY)
    api = Api(models, training_data, queue, ThreadPoolExecutor(1, "demo-data"))
    lookup_errors, job_errors = (404, 422), (403, 404, 409, 422, 503, 504)
    upload_errors = (*job_errors, 400, 408, 413, 415)
    routes: tuple[tuple[str, str, Callable[..., Awaitable[object]], str, tuple[int, ...]], ...] = (
        ("GET", "models", api.list_models, JSON, ()),
        ("GET", "training-data", api.describe_training_data, JSON, lookup_errors),
        ("GET", "example", api.example, PNG, lookup_errors),
        ("GET", "mean-input", api.mean_input, PNG, lookup_errors),
        ("GET", "noise", api.noise, RAW, (404, 409, 422)),
        ("POST", "prepare", api.prepare, JSON, job_errors),
        ("POST", "picture", api.picture, PNG, upload_errors),
        ("POST", "hints", api.hints, JSON, upload_errors),
        ("POST", "drawing", api.drawing, PNG, upload_errors),
        ("POST", "condition", api.condition, PNG, upload_errors),
        ("POST", "palette", api.palette, JSON, upload_errors),
    )
    for method, name, endpoint, content_type, errors in routes:
        app.add_api_route(
            f"/api/{name}",
            endpoint,
            methods=[method],
            response_model=None,
            response_class=JSONResponse if content_type == JSON else Response,
            responses=openapi_responses(content_type, *errors),
            openapi_extra=_image_body(required=name != "picture")
            if errors == upload_errors
            else None,
        )


def _image_body(*, required: bool) -> dict[str, Any]:
    image = {"schema": {"type": "string", "format": "binary"}}
    content = dict.fromkeys([RAW, *FORMATS], image)
    return {"requestBody": {"content": content, "required": required}}


@dataclass(frozen=True)
class Api:
    """The endpoints: one method each. Their docstrings are the OpenAPI descriptions."""

    models: dict[str, DemoModel]
    training_data: TrainingData
    queue: FairQueue
    reader: ThreadPoolExecutor  # one thread, so that simultaneous requests read the data once

    async def list_models(self) -> dict[str, object]:
        """List the models, the canvases to draw on for them, and the upscalers."""
        has_edsr = (self.training_data.root / EDSR_FILE).is_file()
        return {
            "canvases": {name: canvas.as_json() for name, canvas in CANVASES.items()},
            "regions": list(REGIONS),
            "upscalers": [name for name in get_args(Upscaler) if name != "edsr" or has_edsr],
            "models": [model.as_json() for model in self.models.values()],
        }

    async def picture(
        self,
        request: Request,
        model: ModelName,
        client: Client,
        seed: Seed = 0,
        upscale: Upscaler = "none",
        mirror: bool = False,
        align: Align = "auto",
        palette: Colours = "",
    ) -> Response:
        """Translate a drawing, or noise, to a PNG. ``Server-Timing`` has the milliseconds.

        ``mirror`` averages over the mirrored drawing, for a model with ``canMirror``. A model with
        ``canAlign`` takes a drawing of ``drawingSize`` pixels a side and has its face brought to
        its place, unless ``align`` is ``off``; ``s2f-notes`` says why it is not. A model with
        ``palettes`` takes that of the seed, or ``palette``: four colours, with commas.
        """
        generator = find_model(self.models, model)
        if mirror and (problem := generator.mirror_problem):
            raise ApiError(409, f"mirror: {problem}")
        colours = _palette(generator, palette)
        if generator.canvas == "noise":
            drawing = None
        else:
            drawing = await read_image(request, generator.drawing_size)

        def translate() -> tuple[bytes, dict[str, str]]:
            start = time.perf_counter()
            alignment, note = generator.align(drawing, align)
            picture = generator.picture(
                drawing, seed, mirror=mirror, alignment=alignment, palette=colours
            )
            end = time.perf_counter()
            png = encode_png(_upscaled(picture, upscale, self.training_data.root))
            milliseconds = 1e3 * (end - start), 1e3 * (time.perf_counter() - end)
            timing = "model;dur={:.2f}, rest;dur={:.2f}".format(*milliseconds)
            return png, {
                "server-timing": timing,
                "s2f-notes": note.encode("ascii", "replace").decode(),
            }

        png, headers = await run_job(self.queue, request, client, (client, model), translate)
        return Response(png, media_type=PNG, headers=headers)

    async def prepare(self, request: Request, model: ModelName, client: Client) -> dict[str, bool]:
        """Export a model to ONNX. This takes seconds the first time on this machine."""
        generator = find_model(self.models, model)
        key = (client, model, "prepare")
        await run_job(self.queue, request, client, key, lambda: generator.session, EXPORT_TIMEOUT)
        return {"ready": True}

    async def hints(
        self, request: Request, model: ModelName, client: Client, align: Align = "auto"
    ) -> dict[str, object]:
        """Compare a drawing, as the model sees it, with the model's training inputs.

        ``warning`` says why the drawing cannot be read, ``alignment`` how its face was aligned.
        """
        generator = find_model(self.models, model)
        drawing = await read_image(request, generator.drawing_size)

        def compare() -> dict[str, object]:
            alignment, note = generator.align(drawing, align)
            seen = drawing if alignment is None else alignment.apply(drawing)
            page, canvas = generator.input_pixels(seen), generator.canvas
            problem, ranges = warning(page, canvas), self.training_data.ranges(generator)
            placed = generator.aligner is not None and align == "auto" and not note
            return {
                "hints": hints(page, canvas, ranges, placed=placed),
                "warning": problem,
                "alignment": "" if problem else alignment_note(note, moved=alignment is not None),
            }

        return await run_job(self.queue, request, client, (client, model, "hints"), compare)

    async def drawing(self, request: Request, client: Client) -> Response:
        """Turn a photographed drawing into dark lines on white, as a PNG of the same size.

        ``s2f-notes`` says what was done.
        """
        picture = await read_image(request)
        cleaned = await run_job(
            self.queue, request, client, (client, "drawing"), lambda: clean(picture)
        )
        headers = {"s2f-notes": "; ".join(cleaned.notes)}
        return Response(encode_png(cleaned.pixels), media_type=PNG, headers=headers)

    async def condition(self, request: Request, model: ModelName, client: Client) -> Response:
        """Turn a photo into an input of the model, as a PNG."""
        generator = find_model(self.models, model)
        photo = await read_image(request, generator.photo_size)

        def convert() -> bytes:
            try:
                return encode_png(self.training_data.condition(generator, photo))
            except UserError as error:
                raise ApiError(409, str(error)) from None
            except ImageError as error:
                raise ApiError(422, str(error)) from None

        png = await run_job(self.queue, request, client, (client, "condition"), convert)
        return Response(png, media_type=PNG)

    async def palette(
        self, request: Request, model: ModelName, client: Client
    ) -> dict[str, object]:
        """Measure the colours of background, hair, skin and clothes in a photo of a face."""
        generator = find_model(self.models, model)
        generator.check_takes_palette()
        photo = await read_image(request, generator.photo_size)

        def measure() -> dict[str, object]:
            try:
                return {"palette": photo_palette(to_rgb(photo), generator.aligner)}
            except UserError as error:
                raise ApiError(409, str(error)) from None
            except ImageError as error:
                raise ApiError(422, str(error)) from None

        return await run_job(self.queue, request, client, (client, "palette"), measure)

    async def example(
        self, model: ModelName, number: Annotated[int, Query(ge=0, lt=100)]
    ) -> Response:
        """Return a drawing for the model as a PNG."""
        examples = await self._read(self.training_data.examples, find_model(self.models, model))
        if number >= len(examples):
            raise ApiError(404, f"{model} has {len(examples)} examples, so no example {number}")
        return Response(encode_png(examples[number]), media_type=PNG)

    async def describe_training_data(self, model: ModelName) -> dict[str, object]:
        """Return the number of examples and the usual range of each measure of the inputs.

        ``examplesByPeople``: they are people's drawings, not the model's test inputs.
        """
        generator = find_model(self.models, model)
        examples = await self._read(self.training_data.examples, generator)
        ranges = await self._read(self.training_data.ranges, generator)
        return {
            "examples": len(examples),
            "examplesByPeople": self.training_data.has_peoples_examples(generator),
            "ranges": {name: asdict(usual) for name, usual in ranges.items()},
        }

    async def mean_input(self, model: ModelName) -> Response:
        """Return the mean of the model's training inputs as a PNG."""
        generator = find_model(self.models, model)
        mean = await self._read(self.training_data.mean_input, generator)
        if mean is None:
            raise ApiError(404, f"the training data of {model} is not on this machine")
        return Response(encode_png(mean), media_type=PNG)

    async def noise(self, model: ModelName, seed: Seed = 0, palette: Colours = "") -> Response:
        """Return the model's random inputs: float32 bytes; names and shapes in ``s2f-shapes``."""
        generator = find_model(self.models, model)
        inputs = generator.noise_inputs(seed, _palette(generator, palette))
        shapes = "; ".join(f"{name}={'x'.join(map(str, a.shape))}" for name, a in inputs.items())
        content = b"".join(np.ascontiguousarray(values).tobytes() for values in inputs.values())
        return Response(content, media_type=RAW, headers={"s2f-shapes": shapes})

    async def _read(self, read: Callable[[DemoModel], T], model: DemoModel) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.reader, read, model)


def _palette(model: DemoModel, colours: str) -> Palette | None:
    if not colours:
        return None
    model.check_takes_palette()
    return colours.lower()


def _upscaled(picture: Pixels, upscale: Upscaler, root: Path) -> Pixels:
    """Double the size of a picture uint8 [H, W, C]; EDSR gives three channels."""
    if upscale == "none":
        return picture
    image = to_rgb(picture) if upscale == "edsr" else picture
    try:
        return np.asarray(UPSCALERS[upscale](image[None], 2 * len(picture), root)[0])
    except UserError as error:
        raise ApiError(409, str(error)) from None
