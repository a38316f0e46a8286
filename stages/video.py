"""Translate a video by a trained model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.app import run

Fit = Literal["pad", "crop", "stretch"]
UpscalerChoice = Literal["auto", "bicubic", "edsr", "dat-x2"]


def video(
    model: Annotated[
        str, typer.Argument(help="a variant's name, a .pt or .onnx file, models:/NAME/VERSION")
    ],
    source: Annotated[Path, typer.Argument(metavar="IN", help="a video that OpenCV reads")],
    out: Annotated[Path, typer.Argument(help="a .mp4, .avi or .mkv file")],
    smooth: Annotated[
        float, typer.Option(min=0, max=1, help="how much of the last output stays; 0: none")
    ] = 0.5,
    drawn: Annotated[
        bool, typer.Option("--drawn", help="the frames are drawings, not photos to draw first")
    ] = False,
    fit: Annotated[
        Fit | None, typer.Option(help="to a square", show_default="crop photos, pad drawings")
    ] = None,
    upscale: Annotated[int | None, typer.Option(help="2 or 4 times the size")] = None,
    upscaler: Annotated[UpscalerChoice, typer.Option(help="auto: the best that is here")] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="of the noise")] = 0,
    force: Annotated[bool, typer.Option("--force", help="write over OUT")] = False,
) -> None:
    """Write what a model makes of each frame, steadied along the motion; the sound is left out."""
    from s2f_core.common.errors import UserError
    from s2f_core.inference.load import load
    from s2f_core.inference.options import Options
    from s2f_core.inference.video import translate

    if out.exists() and not force:
        raise UserError(f"{out} exists already: give another name, or --force")
    options = Options(
        seed=seed,
        from_photo=not drawn,
        upscale=upscale,  # type: ignore[arg-type]  # it refuses others than 2 and 4
        upscaler=upscaler,
        fit=fit,
    )
    report = translate(load(model), source, out, options, smooth)
    nothing = f", {report.empty} showed nothing" if report.empty else ""
    typer.echo(f"{out}: {report.frames} frames{nothing}; flicker {report.flicker:.2f} of 255")


if __name__ == "__main__":
    run(video)
