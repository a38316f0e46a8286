"""Write a model for other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.app import run

Precision = Literal["float32", "float16", "int8"]


def export(
    model: Annotated[
        str, typer.Argument(help="a variant's name, a .pt file, models:/NAME/VERSION")
    ],
    out: Annotated[Path, typer.Argument(help="OUT.onnx, or OUT.pth for the reference's code")],
    precision: Annotated[
        Precision, typer.Option(help="of an ONNX file; float16 halves it, int8 quarters it")
    ] = "float32",
    force: Annotated[bool, typer.Option("--force", help="write over a file")] = False,
) -> None:
    """Write a generator as ONNX, or as a checkpoint of the reference's pix2pix and CycleGAN."""
    from s2f_core.common.errors import UserError
    from s2f_core.inference import onnx_export, onnx_session
    from s2f_core.inference.load import load
    from s2f_core.inference.model import Checkpoint
    from s2f_core.networks.reference import save

    if out.suffix not in {".onnx", ".pth"} or (out.suffix == ".pth" and precision != "float32"):
        raise UserError(f"{out} in {precision} is unknown (allowed: .onnx, and .pth in float32)")
    if out.exists() and not force:
        raise UserError(f"{out} exists already: give another name, or --force")
    found = load(model).network
    if not isinstance(found, Checkpoint):
        raise UserError(f"{model} is an exported model: give the model file that it was made of")
    if out.suffix == ".onnx":
        onnx_export.write(found.description, found.generator, out, precision)
        takes = onnx_session.input_shape(found.description)
        typer.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB in {precision}; takes {takes}")
    else:
        options = save.export_checkpoint(found.description, found.generator, out)
        typer.echo(f"{out}: {options}")


if __name__ == "__main__":
    run(export)
