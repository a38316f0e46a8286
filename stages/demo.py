"""Draw, and see what the models make of it."""

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
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free")] = 8000,
    host: Annotated[
        str, typer.Option(help="who may reach it: this machine alone, by default")
    ] = "127.0.0.1",
) -> None:
    """Open a page on this machine to draw on; models answer live. Ends with Ctrl+C."""
    from pathlib import Path

    from s2f_core.demo import serve

    serve(names or [], Path("data"), host, port, say=lambda page: typer.echo(f"draw at {page}"))


if __name__ == "__main__":
    run(demo)
