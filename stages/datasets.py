"""List the datasets."""

from typing import Annotated

import typer

from stages.app import run


def datasets(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List the datasets with size and licence, whether they are fetched, and who uses them."""
    import json
    from dataclasses import asdict
    from pathlib import Path
    from typing import Any

    from s2f_core.common.config import load
    from s2f_core.data.datasets import Dataset
    from s2f_core.data.inventory import format_table, inventory

    roles = load(dict[str, Any], "data")
    entries = inventory(Dataset, "source", roles, Path("data/assets"))
    text = json.dumps([asdict(entry) for entry in entries], indent=2, ensure_ascii=False)
    typer.echo(text if as_json else format_table(entries, "roles"))


if __name__ == "__main__":
    run(datasets)
