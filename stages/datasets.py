"""List the datasets."""

from typing import Annotated

import typer

from stages.app import run


def datasets(
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List the datasets with size and licence, whether they are fetched, and who uses them."""
    from pathlib import Path
    from typing import Any

    from s2f_core.common.config import load
    from s2f_core.data.datasets import Dataset
    from s2f_core.data.inventory import as_json, format_table, inventory

    settings = load(dict[str, Any], "data")
    entries = inventory(Dataset, "source", settings, Path("data/assets"))
    typer.echo(as_json(entries) if json else format_table(entries, "roles"))


if __name__ == "__main__":
    run(datasets)
