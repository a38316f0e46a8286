"""Give MLflow the runs that it lacks."""

import typer

from stages.app import run


def backfill() -> None:
    """Make MLflow's runs and models anew from DVC's files: in a fresh clone, after dvc pull."""
    from pathlib import Path
    from typing import Any

    from s2f_core.tracking import client

    client.begin()  # it takes as long as the imports that follow
    from s2f_core.common.config import load
    from s2f_core.tracking.backfill import backfill as make

    made = 0
    for line in make(Path("data"), Path("metrics"), load(dict[str, Any], "data")):
        typer.echo(line)
        made += 1
    typer.echo(f"{made} made; the store is {client.store()}")


if __name__ == "__main__":
    run(backfill)
