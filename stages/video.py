"""Translate a video with a trained model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.app import run

Fit = Literal["pad", "crop", "stretch"]
UpscalerChoice = Literal["auto", "bicubic", "edsr", "dat-x2"]


def video(
    model: Annotated[
        str, typer.Argument(help="trained variant, .pt or .onnx file, or models:/NAME/VERSION")
    ],
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="video in a format that OpenCV reads")
    ],
    out: Annotated[Path, typer.Argument(help=".mp4, .avi or .mkv file")],
    smooth: Annotated[
        float, typer.Option(min=0, max=1, help="share of the previous output that is blended in")
    ] = 0.5,
    drawings: Annotated[
        bool, typer.Option("--drawn", help="the frames are drawings, not photos")
    ] = False,
    fit: Annotated[
        Fit | None,
        typer.Option(help="how to make frames square", show_default="crop photos, pad drawings"),
    ] = None,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="average over the mirrored input: twice the time")
    ] = False,
    upscale: Annotated[int | None, typer.Option(help="enlarge outputs 2 or 4 times")] = None,
    upscaler: Annotated[
        UpscalerChoice, typer.Option(help="how to enlarge; auto: the best one available")
    ] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="seed of the noise")] = 0,
    force: Annotated[bool, typer.Option("--force", help="overwrite OUT")] = False,
) -> None:
    """Translate each frame with a model and smooth along the motion; the sound is dropped."""
    from s2f_core.common.atomic import check_new_file
    from s2f_core.inference.load import load
    from s2f_core.inference.options import Options
    from s2f_core.inference.video import translate
    from s2f_core.inference.video_files import CODECS

    check_new_file(out, CODECS, force=force)
    options = Options(
        seed=seed,
        from_photo=not drawings,
        mirror=mirror,
        upscale=upscale,  # type: ignore[arg-type]  # Options checks it
        upscaler=upscaler,
        fit=fit,
    )
    report = translate(load(model), source, out, options, smooth)
    empty = f", {report.empty} of them empty" if report.empty else ""
    lost = f", {report.lost} more could not be decoded" if report.lost else ""
    typer.echo(
        f"{out}: {report.frames} frames{empty}{lost}, {report.seconds:.2f} seconds; "
        f"flicker {report.flicker:.2f} of 255"
    )


if __name__ == "__main__":
    run(video)
