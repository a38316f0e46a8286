"""Write the page on which a person reviews images."""

from typing import Annotated

import typer

from stages.app import run


def review(
    role: Annotated[str, typer.Argument(help="key under data: in params.yaml")],
    limit: Annotated[int, typer.Option(min=1, help="most images on the page")] = 5000,
) -> None:
    """Write review/ROLE.html: a page on which you choose which images to keep or drop."""
    from pathlib import Path

    from s2f_core.common.config import load
    from s2f_core.data import tables
    from s2f_core.data.curation.curate import Curation
    from s2f_core.report.review.page import write_page

    folder, out = Path("data") / role, Path("review") / f"{role}.html"
    decisions_file = load(Curation, "curation").lists / f"{role}.csv"
    table = tables.read(folder / "kept")
    write_page(table, folder / "split.parquet", decisions_file, role, out, limit)
    typer.echo(out)


if __name__ == "__main__":
    run(review)
