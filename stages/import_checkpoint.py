"""Import a checkpoint of the reference implementation of pix2pix and CycleGAN."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.app import run


def import_checkpoint(
    file: Annotated[Path, typer.Argument(help="latest_net_G.pth, or the like")],
    out: Annotated[Path, typer.Argument(help="such as data/models/NAME/a-to-b.pt")],
    variant: Annotated[str, typer.Option(help="the name it is to have")],
    condition: Annotated[str, typer.Option(help="a key of 'conditions:', what its inputs are")],
    size: Annotated[int, typer.Option(min=1, help="pixels a side it was trained at")] = 256,
    background: Annotated[
        Literal["kept", "removed"],
        typer.Option(help="photos with their background kept or removed"),
    ] = "kept",
) -> None:
    """Write a U-Net or ResNet generator of others as a model file that 'evaluate' takes."""
    from s2f_core.networks.reference.load import Labels
    from s2f_core.networks.reference.load import import_checkpoint as convert

    labels = Labels(
        variant, condition, background, size, "b-to-a" if out.stem == "b-to-a" else "a-to-b"
    )
    typer.echo(convert(file, labels, out).model_dump_json(indent=2))


if __name__ == "__main__":
    run(import_checkpoint)
