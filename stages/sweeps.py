"""Write the page of sweeps."""

from pathlib import Path
from typing import Annotated

import typer

from stages.app import run


def sweeps(
    out: Annotated[
        Path | None, typer.Option(help="HTML file", show_default="sweeps/index.html")
    ] = None,
) -> None:
    """Write a page of DVC's experiments: plots of their scores over the changed parameters."""
    from s2f_core.common.project import root
    from s2f_core.report.sweeps.experiments import read_experiments
    from s2f_core.report.sweeps.page import write_page

    page = root() / "sweeps" / "index.html" if out is None else out
    write_page(read_experiments(root()), page, root() / "data" / "evaluations")
    typer.echo(page)


if __name__ == "__main__":
    run(sweeps)
