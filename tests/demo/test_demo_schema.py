"""What the demo's own OpenAPI schema promises, held against what it answers to many requests."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import schemathesis
import tiny_demo
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from PIL import Image
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tiny_demo import SIDE, cross

from s2f_core.common.images import encode_png
from s2f_core.demo.server import made
from s2f_core.demo.uploads import RAW

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server

MODELS = [*tiny_demo.GENERATORS, "gone"]  # else hardly a request would name one that is there
OPERATIONS = [
    *[("GET", path) for path in ("/", "/browser", "/page/{name}", "/models/{name}.onnx")],
    *[("GET", f"/api/{name}") for name in ("models", "habits", "example", "guide", "noise")],
    *[("POST", f"/api/{name}") for name in ("ready", "picture", "hints", "condition")],
    ("GET", "/runtime/{name}"),
]


def _file(kind: str, side: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(cross(side, side / 2)).save(content, kind)
    return content.getvalue()


@cache
def _drawings() -> dict[str, list[bytes]]:
    """By type: some that are drawings, and one that is none."""
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return {
        RAW: [noise.tobytes(), cross(SIDE, 5).tobytes()],
        "image/png": [encode_png(noise), _file("PNG", 40), _file("PNG", 40)[:60]],
        "image/jpeg": [_file("JPEG", 24)],
        "image/webp": [_file("WEBP", 24), b"RIFF"],
    }


def _schema(app: FastAPI) -> Any:
    """Of the app, with the names of the models that there are, and of parts of the page."""
    told = app.openapi()
    for path, operations in told["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "model" or path.startswith("/models"):
                    parameter["schema"] = {"enum": MODELS}
                elif parameter["name"] == "name":
                    parameter["schema"] = {"enum": ["main.js", "style.css", "gone.wasm"]}
    return schemathesis.openapi.from_dict(told)


@pytest.fixture(scope="module")
def schema(root: Path, models: dict[str, Any]) -> Any:
    """With drawings as bodies, beside what is made up."""
    for kind, drawings in _drawings().items():
        body: SearchStrategy[bytes] = st.sampled_from(drawings) | st.binary(max_size=3 * SIDE**2)
        schemathesis.openapi.media_type(kind, body)
    return _schema(made(models, root, "127.0.0.1"))


def _hold(schema: Any, server: str, method: str, path: str, times: int) -> dict[int, int]:
    """Send so many valid and invalid requests; raises where an answer is not as declared."""
    operation, counts = schema[path][method], dict[int, int]()
    session = requests.Session()
    wrong = [GenerationMode.NEGATIVE] if operation.definition.raw.get("parameters") else []
    for mode in (GenerationMode.POSITIVE, *wrong):

        @settings(
            max_examples=times,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call_and_validate(
                server,
                session=session,
                excluded_checks=[positive_data_acceptance],  # a schema knows no images
                timeout=30,
            )
            counts[answer.status_code] = counts.get(answer.status_code, 0) + 1

        ask()
    return counts


def test_all_endpoints_are_here(schema: Any) -> None:
    """A new one is held against its schema too."""
    there = {(found.ok().method.upper(), found.ok().path) for found in schema.get_all_operations()}
    assert there == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_as_declared(schema: Any, server: str, method: str, path: str) -> None:
    """Status, type and content; never an error of the server's own."""
    counts = _hold(schema, server, method, path, 10)
    assert max(counts) < 500
    assert 200 in counts or path.startswith("/runtime")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_many_answers_are_as_declared(schema: Any, server: str, method: str, path: str) -> None:
    """The same with two hundred requests of each kind."""
    assert max(_hold(schema, server, method, path, 200)) < 500
