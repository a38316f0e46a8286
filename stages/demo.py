"""Serve the demo: a page to draw on, with models that translate the drawing live."""

from typing import Annotated

import typer

from stages.app import run


def demo(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="trained variants, or .pt or .onnx files", show_default="all in data/models"
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port to listen on; 0 picks a free one")
    ] = 8000,
    host: Annotated[
        str,
        typer.Option(help="address to listen on; by default only this machine can connect"),
    ] = "127.0.0.1",
) -> None:
    """Serve a page to draw on, where models translate the drawing live. Stop with Ctrl+C."""
    from s2f_core.common.project import data_folder
    from s2f_core.demo import serve

    serve(names or [], data_folder(), host, port, announce=lambda url: typer.echo(f"draw at {url}"))


if __name__ == "__main__":
    run(demo)
