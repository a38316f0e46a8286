"""Describe a model."""

from typing import Annotated

import typer

from stages.app import run


def describe(
    model: Annotated[
        str, typer.Argument(help="trained variant, .pt or .onnx file, or models:/NAME/VERSION")
    ],
) -> None:
    """Print a model's description as JSON: network, data, condition, scores, versions."""
    from s2f_core.inference.load import load

    typer.echo(load(model).description.model_dump_json(indent=2))


if __name__ == "__main__":
    run(describe)
