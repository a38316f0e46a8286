"""Open the demo: a page to draw on, with models that translate the drawing live."""

from typing import Annotated

import typer

from stages.app import run


def demo(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="trained variants, or files .pt or .onnx", show_default="all in data/models"
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port")] = 8000,
    host: Annotated[
        str,
        typer.Option(help="address to listen on; the default is for this machine only"),
    ] = "127.0.0.1",
) -> None:
    """Open a page on this machine to draw on; models translate live. Stop with Ctrl+C."""
    from pathlib import Path

    from s2f_core.demo import serve

    serve(names or [], Path("data"), host, port, announce=lambda url: typer.echo(f"draw at {url}"))


if __name__ == "__main__":
    run(demo)
