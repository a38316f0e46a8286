"""Find a model by a variant's name, a file, a folder or an address in MLflow, and open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s2f_core.common import project
from s2f_core.common.errors import UserError, list_names
from s2f_core.common.images import Pixels
from s2f_core.inference.model import Model
from s2f_core.inference.network import Checkpoint
from s2f_core.networks.checkpoint import Description, load_model
from s2f_core.networks.upscalers import UPSCALERS

if TYPE_CHECKING:  # importing it costs time that only an exported model has to spend
    from s2f_core.inference.onnx_session import Session

FORWARD, ONNX = "a-to-b.pt", ".onnx"


@dataclass(frozen=True)
class ModelFile:
    """The file of a model: a checkpoint (.pt) or an exported generator (.onnx).

    ``name`` is the variant's or the file's. ``packed`` is the folder of a registered translation
    that the file lies in, with the upscaler and the mirror mean that belong to it.
    """

    name: str
    path: Path
    packed: Path | None = None

    def describe(self) -> Description:
        """Return the file's own description. Raises UserError for a missing or damaged file."""
        return self._onnx().description if self._is_onnx else self._checkpoint()[0]

    def open(self, data: Path) -> Model:
        """Return the model; ``data`` is the root of weights and upscalers. Raises UserError."""
        if self._is_onnx:
            return Model(self._onnx(), data)
        network = self._checkpoint()[1]
        if self.packed is None:
            return Model(network, data)
        return _open_packed(network, data, self.packed)

    @property
    def _is_onnx(self) -> bool:
        return self.path.suffix.lower() == ONNX

    def _onnx(self) -> Session:
        from s2f_core.inference.onnx_session import Session

        return Session(self.path)

    def _checkpoint(self) -> tuple[Description, Checkpoint]:
        description, generator = load_model(self.path)
        return description, Checkpoint(description, generator)


@dataclass(frozen=True)
class ModelSource:
    """One way to name a model: its description in messages, a test of a text, and the file."""

    description: str
    matches: Callable[[str, Path], bool]
    find: Callable[[str, Path], ModelFile]


def load(model: str | Path, data: Path | None = None) -> Model:
    """Find a model as :func:`find` does, and open it.

    ``data`` is the root of models, weights and upscalers, by default the data folder of the project
    that the working directory is in. Raises UserError where there is no such model, or its file is
    damaged or of another version of the format.
    """
    folder = project.data_folder() if data is None else data
    return find(model, folder).open(folder)


def find(model: str | Path, data: Path) -> ModelFile:
    """Return the file of a model by the first of :data:`SOURCES` that matches.

    Raises UserError where there is no such model; the message lists the names that are allowed.
    """
    text = str(model)
    for source in SOURCES:
        if source.matches(text, data):
            return source.find(text, data)
    raise _unknown(text, data)


def variants(data: Path) -> list[str]:
    """Return the names of the variants that have a model under ``data``."""
    return sorted(file.parent.name for file in (data / "models").glob(f"*/{FORWARD}"))


def _unknown(text: str, data: Path) -> UserError:
    names = list_names(variants(data)) or "none: train one, or dvc pull"
    if not variants(data) and project.find_root() is None:
        names = f"none; {project.outside_message()}"
    sources = "; ".join(source.description for source in SOURCES)
    return UserError(
        f"no model '{text}' (allowed: {sources}; variants under {data / 'models'}: {names})"
    )


def _file(text: str, data: Path) -> ModelFile:
    path = Path(text)
    if not path.is_file():
        raise _unknown(text, data)
    return ModelFile(path.parent.name if path.name == FORWARD else path.stem, path)


def _folder(text: str, data: Path) -> ModelFile:
    """A variant's own folder, or one that MLflow keeps for a registered translation."""
    from s2f_core.tracking.pyfunc import GENERATOR_FILE

    del data
    folder = Path(text)
    if (folder / FORWARD).is_file():
        return ModelFile(folder.name, folder / FORWARD)
    packed = folder / "data"
    if not (packed / GENERATOR_FILE).is_file():
        raise UserError(f"{folder} is no model: it has neither {FORWARD} nor data/{GENERATOR_FILE}")
    return ModelFile(folder.name, packed / GENERATOR_FILE, packed)


def _open_packed(network: Checkpoint, data: Path, packed: Path) -> Model:
    """Return a registered translation. Raises UserError where its folder is damaged."""
    from s2f_core.tracking.pyfunc import SECTION_FILE, TranslatorSection

    try:
        section = TranslatorSection.model_validate_json((packed / SECTION_FILE).read_bytes())
    except (OSError, ValueError) as error:  # pydantic's is one
        raise UserError(f"{packed / SECTION_FILE} cannot be read: {error}") from None

    def enlarge(images: Pixels) -> Pixels:
        return UPSCALERS[section.upscaler](images, section.size, packed)

    return Model(network, data, enlarge, mirror=section.mirror)


def _mlflow(text: str, data: Path) -> ModelFile:
    from s2f_core.tracking.downloads import download

    path = download(text)
    file = (_folder if path.is_dir() else _file)(str(path), data)
    return ModelFile(text.split("/")[1], file.path, file.packed)  # models:/NAME/… or runs:/RUN/…


def _variant(text: str, data: Path) -> ModelFile:
    return ModelFile(text, data / "models" / text / FORWARD)


SOURCES = (
    ModelSource(
        "an address in MLflow, models:/NAME/VERSION or runs:/RUN/model/a-to-b.pt",
        lambda text, _: text.startswith(("models:/", "runs:/")),
        _mlflow,
    ),
    ModelSource("an exported FILE.onnx", lambda text, _: text.lower().endswith(ONNX), _file),
    ModelSource("a model FILE.pt", lambda text, _: text.lower().endswith(".pt"), _file),
    ModelSource("the name of a variant", lambda text, data: text in variants(data), _variant),
    ModelSource("a model's folder", lambda text, _: Path(text).is_dir(), _folder),
)
