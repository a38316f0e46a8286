"""Tell what a model is."""

from typing import Annotated

import typer

from stages.app import run


def describe(
    model: Annotated[
        str, typer.Argument(help="a variant's name, a .pt or .onnx file, models:/NAME/VERSION")
    ],
) -> None:
    """Print what a model says of itself, as JSON: network, data, condition, scores, versions."""
    from s2f_core.inference.load import load

    typer.echo(load(model).description.model_dump_json(indent=2))


if __name__ == "__main__":
    run(describe)
