"""Translate your own pictures with a trained model."""

from typing import Annotated, Literal

import typer

from stages.app import run

Fit = Literal["pad", "crop", "stretch"]
Align = Literal["auto", "off"]
UpscalerChoice = Literal["auto", "bicubic", "edsr", "dat-x2"]


def translate(
    model: Annotated[
        str, typer.Argument(help="trained variant, .pt or .onnx file, or models:/NAME/VERSION")
    ],
    pictures: Annotated[
        list[str] | None, typer.Argument(help="files, folders or patterns; - reads standard input")
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", help="folder, or a picture's file for a single output")
    ] = "translated",
    from_photo: Annotated[
        bool, typer.Option("--from-photo", help="the pictures are photos: compute the condition")
    ] = False,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="average over the mirrored input: twice the time")
    ] = False,
    upscale: Annotated[int | None, typer.Option(help="enlarge outputs 2 or 4 times")] = None,
    upscaler: Annotated[
        UpscalerChoice, typer.Option(help="how to enlarge; auto: the best one available")
    ] = "auto",
    seed: Annotated[
        int, typer.Option(min=0, help="seed of the noise, or number of the model's own colours")
    ] = 0,
    samples: Annotated[int, typer.Option(min=1, help="outputs a picture, of noise models")] = 1,
    fit: Annotated[
        Fit | None, typer.Option(help="to a square", show_default="pad a drawing, crop a photo")
    ] = None,
    align: Annotated[
        Align, typer.Option(help="auto: bring a drawn face to where the training had its faces")
    ] = "auto",
    like: Annotated[
        str | None, typer.Option(help="photo of a face: take the colours of its hair, skin, …")
    ] = None,
    colours: Annotated[
        str | None,
        typer.Option(help="of background, hair, skin, clothes: '#rrggbb,#rrggbb,#rrggbb,#rrggbb'"),
    ] = None,
    pen: Annotated[bool, typer.Option(help="make lines as wide as in the training images")] = True,
    cut: Annotated[bool, typer.Option(help="cut off the padding")] = True,
    grid: Annotated[
        bool, typer.Option("--grid", help="also write a sheet of inputs and outputs")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="overwrite files")] = False,
) -> None:
    """Translate drawings, photos or noise with a model: writes OUT/NAME.png for each picture.

    A file as OUT is written in the format of its ending, such as .jpg. Pictures that cannot be used
    are listed, the others translated; the exit code is then 1.
    """
    import sys

    from s2f_core.common.errors import UserError
    from s2f_core.inference import batch
    from s2f_core.inference.load import load
    from s2f_core.inference.options import Options
    from s2f_core.inference.output_files import single_format
    from s2f_core.inference.sources import find_sources, printable

    if like is not None and colours is not None:
        raise UserError("--like and --colours both say the colours: give one of them")
    opened = load(model)
    options = Options(
        seed=seed,
        samples=samples,
        from_photo=from_photo,
        mirror=mirror,
        upscale=upscale,  # type: ignore[arg-type]  # Options checks it
        upscaler=upscaler,
        fit=fit,
        align=align,
        palette=opened.palette_of(like) if like is not None else colours,
        pen=pen,
        cut=cut,
    )
    single_format(out)
    sources = find_sources(pictures or [], sys.stdin.buffer)
    result = batch.translate(opened, sources, options, out, sheet=grid, force=force)
    typer.echo(f"{len(result.outputs)} written to {printable(out)}")
    if result.errors:
        raise UserError(f"{len(result.errors)} of {len(sources)} pictures could not be used")


if __name__ == "__main__":
    run(translate)
