"""Translate one's own pictures by a trained model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.app import run

Fit = Literal["pad", "crop", "stretch"]
UpscalerChoice = Literal["auto", "bicubic", "edsr", "dat-x2"]


def translate(
    model: Annotated[
        str, typer.Argument(help="a variant's name, a .pt or .onnx file, models:/NAME/VERSION")
    ],
    pictures: Annotated[
        list[str] | None, typer.Argument(help="files, folders, patterns, - for standard input")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="a folder, or a .png file for one output")
    ] = Path("translated"),
    from_photo: Annotated[
        bool, typer.Option("--from-photo", help="draw them first, as the training's photos were")
    ] = False,
    upscale: Annotated[int | None, typer.Option(help="2 or 4 times the size")] = None,
    upscaler: Annotated[UpscalerChoice, typer.Option(help="auto: the best that is here")] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="of the noise")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="outputs of each, for models of noise")] = 1,
    fit: Annotated[
        Fit | None, typer.Option(help="to a square", show_default="pad a drawing, crop a photo")
    ] = None,
    pen: Annotated[bool, typer.Option(help="make lines as wide as those learned from")] = True,
    cut: Annotated[bool, typer.Option(help="cut off what padding became")] = True,
    grid: Annotated[bool, typer.Option("--grid", help="and one sheet of inputs | outputs")] = False,
    force: Annotated[bool, typer.Option("--force", help="write over files")] = False,
) -> None:
    """Write what a model makes of drawings, photos or noise: OUT/NAME.png of each NAME.

    An input that cannot be used is said, the others are done, and the exit code is then 1.
    """
    import sys

    from s2f_core.common.errors import UserError
    from s2f_core.inference import batch
    from s2f_core.inference.load import load
    from s2f_core.inference.options import Options

    options = Options(
        seed=seed,
        samples=samples,
        from_photo=from_photo,
        upscale=upscale,  # type: ignore[arg-type]  # it refuses others than 2 and 4
        upscaler=upscaler,
        fit=fit,
        pen=pen,
        cut=cut,
    )
    sources = batch.find_sources(pictures or [], sys.stdin.buffer)
    result = batch.translate(load(model), sources, options, out, sheet=grid, force=force)
    typer.echo(f"{len(result.outputs)} written to {out}")
    if result.errors:
        raise UserError(f"{len(result.errors)} of {len(sources)} pictures could not be used")


if __name__ == "__main__":
    run(translate)
