"""An evaluation in MLflow: its figures, pictures, data, and the model that made them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, grid, repeat_pixels, resize, to_rgb
from s2f_core.data.licences import licence, page
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Translation, VariantData
from s2f_core.data.tables import Table, read
from s2f_core.tracking.client import Run, evaluation_run
from s2f_core.tracking.pyfunc import Translator, pack

SCORED = {"test": "test", "val": "validation"}  # where figures are logged; training has val/…
SHOWN = 16  # images on the sheet
SIDE = 128  # pixels a side of each there


def trained_in(data: Path, variant: str) -> str:
    """The id of the MLflow run in which a variant was trained; a name for an imported one."""
    run_id = data / "models" / variant / "run_id"
    return run_id.read_text().strip() if run_id.exists() else f"imported {variant}"


def record(
    name: str,
    variant: str,
    data: Path,
    origin: Mapping[str, Any],
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log ``data/evaluations/VARIANT/NAME`` to the run it belongs to, and register the model.

    ``data`` is the root of models, translations and tables, ``origin`` the role's entry under
    ``data:`` of params.yaml. The registered model has the translation's name. A transfer has
    none: it is another's model. Raises UserError where a file is missing.
    """
    file = data / "evaluations" / variant / name / "evaluation.json"
    report = json.loads(file.read_text())
    translation = described(report)
    test = translation.data.pairs(data, translation.split, direction=translation.direction)
    figures = {
        f"{SCORED[translation.split]}/{score}": figure["value"]
        for score, figure in report["figures"]["model"].items()
        if figure["value"] is not None
    }
    own = {
        "variant": translation.variant,
        "upscaler": translation.upscaler,
        "direction": translation.direction,
        **(tags or {}),
    }
    training = trained_in(data, translation.variant)
    with (
        evaluation_run(training, name, translation.variant, own) as run,
        tempfile.TemporaryDirectory() as place,
    ):
        run.artifact(file)
        if test.size > 1:  # a point in space is no picture
            shown = Image.fromarray(sheet(test, read(data / "translations" / variant / name)))
            file = Path(place) / f"{SCORED[translation.split]}.jpg"
            shown.save(file, quality=90)  # a PNG takes half a second
            run.artifact(file, "images")
        _inputs(run, translation, data, test, origin)
        model = None
        if not translation.transfer:
            pack(Path(place) / "model" / "data", translation, test, data)
            told = {key: f"{value:g}" for key, value in figures.items()}
            about = {"data": str(translation.data), "licence": licence(origin)}
            found = {**own, **about, **told}
            model = run.register(name, Path(place) / "model", Translator.__module__, found)
        run.log(0, figures, model)


def described(report: Mapping[str, Any]) -> Translation:
    """The translation that an ``evaluation.json`` is of."""
    same = ("variant", "transfer", "upscaler", "direction", "split")
    return Translation(
        **{key: report[key] for key in same if key in report},
        data=VariantData(**{key: report[key] for key in VariantData.model_fields}),
        scores=report["kind"],
    )


def sheet(test: Pairs, outputs: Table) -> Pixels:
    """Input, output and target of the first test images, four triples a row.

    Where no target answers an input, no targets; where the input is noise, the outputs alone.
    """
    ids = test.ids[:SHOWN]
    columns = [outputs.images(outputs.positions(ids))]
    if test.input_is_image:
        columns.insert(0, test.inputs.images(test.inputs.positions(ids)))
    if test.has_target:
        columns.append(test.targets.images(test.targets.positions(ids)))
    shown = [_visible(image) for row in zip(*columns, strict=True) for image in row]
    return grid(shown, columns=4 * len(columns))


def _visible(image: Pixels) -> Pixels:
    """The image in colour, :data:`SIDE` pixels a side: a small one by whole pixels."""
    larger = repeat_pixels(to_rgb(image), SIDE)
    return larger if len(larger) == SIDE else resize(larger, SIDE)


def _inputs(
    run: Run, translation: Translation, data: Path, test: Pairs, origin: Mapping[str, Any]
) -> None:
    """Name the images that were tested on and, but for a transfer, those that were trained on."""
    splits = {SCORED[translation.split]: test}
    if not translation.transfer:
        splits["training"] = _trained_on(translation, data)
    for context, pairs in splits.items():
        told = {
            "inputs": len(pairs.ids),
            "targets": len(pairs.ids_b),
            "licence": licence(origin),
        }
        dataset = {
            "name": str(translation.data),
            "digest": pairs.fingerprint()[:16],
            "source_type": "http",
            "source": json.dumps({"url": page(origin)}),
            "profile": json.dumps(told),
        }
        run.inputs(context, [dataset])


def _trained_on(translation: Translation, data: Path) -> Pairs:
    summary = data / "models" / translation.variant / "training.json"
    parts = "train"
    if summary.exists():
        parts = json.loads(summary.read_text())["settings"]["variant"]["recipe"]["train_on"]
    if parts not in {"train", "train+val"}:
        raise UserError(f"{summary}: recipe.train_on {parts!r} is neither train nor train+val")
    return translation.data.pairs(
        data,
        ["train", "val"] if parts == "train+val" else "train",
        direction=translation.direction,
    )
