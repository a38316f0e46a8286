"""Import a checkpoint of the authors' pix2pix and CycleGAN code."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.app import run


def import_checkpoint(
    file: Annotated[Path, typer.Argument(help="checkpoint, such as latest_net_G.pth")],
    out: Annotated[Path, typer.Argument(help="model file, such as data/models/NAME/a-to-b.pt")],
    variant: Annotated[str, typer.Option(help="name of the variant")],
    condition: Annotated[
        str, typer.Option(help="its inputs: key under conditions: in params.yaml")
    ],
    size: Annotated[int, typer.Option(min=1, help="side of its training images in pixels")] = 256,
    background: Annotated[
        Literal["kept", "removed"],
        typer.Option(help="training photos with the background kept or removed"),
    ] = "kept",
) -> None:
    """Convert a U-Net or ResNet generator of the authors' code to a model file of s2f."""
    from s2f_core.common.atomic import check_new_file
    from s2f_core.common.entry_names import require_name
    from s2f_core.common.errors import UserError
    from s2f_core.networks.reference.load import Labels
    from s2f_core.networks.reference.load import import_checkpoint as convert

    try:
        require_name(variant), require_name(condition)
    except ValueError as error:
        raise UserError(f"--variant and --condition: {error}") from None
    check_new_file(out, (".pt",))
    labels = Labels(
        variant, condition, background, size, "b-to-a" if out.stem == "b-to-a" else "a-to-b"
    )
    typer.echo(convert(file, labels, out).model_dump_json(indent=2))


if __name__ == "__main__":
    run(import_checkpoint)
