"""List the conditions."""

from typing import Annotated

import typer

from stages.app import run


def conditions(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List the kinds of conditions, the weights they need, and the entries that use them."""
    import json
    from dataclasses import asdict
    from pathlib import Path
    from typing import Any

    from s2f_core.common.config import load
    from s2f_core.data.conditions import Condition
    from s2f_core.data.inventory import format_table, inventory

    used = load(dict[str, Any], "conditions")
    entries = inventory(Condition, "type", used, Path("data/assets"))
    text = json.dumps([asdict(entry) for entry in entries], indent=2, ensure_ascii=False)
    typer.echo(text if as_json else format_table(entries, "entries"))


if __name__ == "__main__":
    run(conditions)
