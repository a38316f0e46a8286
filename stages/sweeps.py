"""Write the page of sweeps."""

from pathlib import Path
from typing import Annotated

import typer

from stages.app import run


def sweeps(
    out: Annotated[Path, typer.Option(help="HTML file")] = Path("sweeps/index.html"),
) -> None:
    """Write a page of DVC's experiments: plots of their scores over the changed parameters."""
    from s2f_core.report.sweeps.experiments import read_experiments
    from s2f_core.report.sweeps.page import write_page

    write_page(read_experiments(Path()), out, Path("data/evaluations"))
    typer.echo(out)


if __name__ == "__main__":
    run(sweeps)
