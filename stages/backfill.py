"""Log results that are in DVC but not in MLflow."""

import typer

from stages.app import run


def backfill() -> None:
    """Log to MLflow the runs and models that it lacks, such as after dvc pull in a fresh clone."""
    from pathlib import Path
    from typing import Any

    from s2f_core.tracking import client

    client.preload_mlflow()  # connects while the imports below run
    from s2f_core.common.config import load
    from s2f_core.tracking.backfill import backfill as log_missing
    from s2f_core.tracking.store_check import place

    count = 0
    for line in log_missing(Path("data"), Path("metrics"), load(dict[str, Any], "data")):
        typer.echo(line)
        count += 1
    typer.echo(f"{count} logged to {place(client.store_uri())}")


if __name__ == "__main__":
    run(backfill)
