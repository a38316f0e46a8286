"""Export a model for other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.app import run

Precision = Literal["float32", "float16", "int8"]


def export(
    model: Annotated[
        str, typer.Argument(help="trained variant, .pt file, or models:/NAME/VERSION")
    ],
    out: Annotated[Path, typer.Argument(help="a .onnx file, or a .pth file for the authors' code")],
    precision: Annotated[
        Precision,
        typer.Option(help="weights of a .onnx file; float16 halves its size, int8 quarters it"),
    ] = "float32",
    mirror: Annotated[
        bool,
        typer.Option("--mirror", help="make the graph average over the mirrored input"),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="overwrite OUT")] = False,
) -> None:
    """Export a generator to ONNX, or to a checkpoint of the authors' pix2pix and CycleGAN code."""
    from s2f_core.common.atomic import check_new_file
    from s2f_core.common.errors import UserError
    from s2f_core.inference import onnx_export, onnx_session
    from s2f_core.inference.load import load
    from s2f_core.inference.network import Checkpoint
    from s2f_core.networks.mirror import MirrorMean, check_mirror
    from s2f_core.networks.reference import save

    check_new_file(out, (".onnx", ".pth"), force=force)
    is_onnx = out.suffix.lower() == ".onnx"
    if not is_onnx and precision != "float32":
        raise UserError(f"cannot write {out} in {precision} (allowed: .onnx, and .pth in float32)")
    if not is_onnx and mirror:
        raise UserError(f"--mirror: {out} holds weights only, which have no mirror: write a .onnx")
    opened = load(model)
    network = opened.network
    if not isinstance(network, Checkpoint):
        raise UserError(
            f"{model} is an exported model: give the .pt file that it was exported from"
        )
    if is_onnx:
        generator = network.generator
        if mirror or opened.mirror:
            check_mirror(network.description)
            generator = MirrorMean(generator)
        onnx_export.write(network.description, generator, out, precision)
        takes = onnx_session.input_shape(network.description)
        gives = "; gives the mirror mean" if generator is not network.generator else ""
        size = f"{out.stat().st_size / 1e6:.1f} MB"
        typer.echo(f"{out}: {size} in {precision}; takes {takes}{gives}")
    else:
        options = save.export_checkpoint(network.description, network.generator, out)
        typer.echo(f"{out}: {options}")


if __name__ == "__main__":
    run(export)
