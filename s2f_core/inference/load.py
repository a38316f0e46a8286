"""Models by what people call them: a name, a file, a folder, an address in MLflow."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.selection import Direction
from s2f_core.inference.model import Checkpoint, Model
from s2f_core.networks.checkpoint import load_model
from s2f_core.networks.upscalers import UPSCALERS

DATA = Path("data")
FORWARD = "a-to-b.pt"
DIRECTIONS: dict[str, Direction] = {"a-to-b": "a-to-b", "b-to-a": "b-to-a"}


@dataclass(frozen=True)
class Kind:
    """One way to name a model: what it is, if a text is of it, and how it is opened."""

    what: str
    named: Callable[[str, Path], bool]
    open: Callable[[str, Path], Model]


def load(model: str | Path, data: Path = DATA) -> Model:
    """The model of a name, a file, a folder or an address; see :data:`KINDS`.

    ``data`` is the root of models, weights and upscalers. Raises UserError where there is no such
    model, or its file is damaged or newer than this s2f.
    """
    text = str(model)
    for kind in KINDS:
        if kind.named(text, data):
            return kind.open(text, data)
    raise UserError(_unknown(text, data))


def known(data: Path = DATA) -> list[str]:
    """The names of the variants that have a model under ``data``."""
    return sorted(file.parent.name for file in (data / "models").glob(f"*/{FORWARD}"))


def _unknown(text: str, data: Path) -> str:
    names = known(data)
    near = difflib.get_close_matches(text, names, n=3)
    here = f"{', '.join(names)}" if names else "none: train one, or dvc pull"
    return (
        f"no model '{text}'{f': did you mean {near[0]}?' if near else ''} (allowed: "
        f"{'; '.join(kind.what for kind in KINDS)}; variants under {data / 'models'}: {here})"
    )


def _checkpoint(file: Path, data: Path) -> Model:
    description, generator = load_model(file)
    if description.direction is None:  # an older file; a model folder names its files by it
        told = {"direction": DIRECTIONS.get(file.stem, "a-to-b")}
        description = description.model_copy(update=told)
    return Model(Checkpoint(description, generator), data)


def _onnx(text: str, data: Path) -> Model:
    from s2f_core.inference.onnx_session import Session

    return Model(Session(Path(text)), data)


def _file(text: str, data: Path) -> Model:
    if not Path(text).is_file():
        raise UserError(_unknown(text, data))
    return _checkpoint(Path(text), data)


def _folder(text: str, data: Path) -> Model:
    """A variant's own folder, or one that MLflow keeps for a registered translation."""
    from s2f_core.tracking.pyfunc import GENERATOR, SERVED, Served

    folder = Path(text)
    if (folder / FORWARD).is_file():
        return _checkpoint(folder / FORWARD, data)
    packed = folder / "data"
    if not (packed / GENERATOR).is_file():
        raise UserError(f"{folder} has neither {FORWARD} nor data/{GENERATOR}: it is no model")
    try:
        served = Served.model_validate_json((packed / SERVED).read_bytes())
    except (OSError, ValueError) as error:  # pydantic's is one
        raise UserError(f"{packed / SERVED} cannot be read: {error}") from None

    def finish(images: Pixels) -> Pixels:
        return UPSCALERS[served.upscaler](images, served.size, packed)

    return Model(_checkpoint(packed / GENERATOR, data).network, data, finish)


def _mlflow(text: str, data: Path) -> Model:
    from s2f_core.tracking.downloads import download

    place = download(text)
    return (_folder if place.is_dir() else _file)(str(place), data)


def _variant(text: str, data: Path) -> Model:
    return _checkpoint(data / "models" / text / FORWARD, data)


KINDS = (
    Kind(
        "an address in MLflow, models:/NAME/VERSION or runs:/RUN/model/a-to-b.pt",
        lambda text, _: text.startswith(("models:/", "runs:/")),
        _mlflow,
    ),
    Kind("an exported FILE.onnx", lambda text, _: text.endswith(".onnx"), _onnx),
    Kind("a model FILE.pt", lambda text, _: text.endswith(".pt"), _file),
    Kind("the name of a variant", lambda text, data: text in known(data), _variant),
    Kind("a model's folder", lambda text, _: Path(text).is_dir(), _folder),
)
""":func:`load` takes the first that a text is of."""
