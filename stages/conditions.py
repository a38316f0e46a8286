"""List the conditions."""

from typing import Annotated

import typer

from stages.app import run


def conditions(
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List the kinds of conditions, the weights they need, and the entries that use them."""
    from pathlib import Path
    from typing import Any

    from s2f_core.common.config import load
    from s2f_core.data.conditions import Condition
    from s2f_core.data.inventory import as_json, format_table, inventory

    settings = load(dict[str, Any], "conditions")
    entries = inventory(Condition, "type", settings, Path("data/assets"))
    typer.echo(as_json(entries) if json else format_table(entries, "entries"))


if __name__ == "__main__":
    run(conditions)
