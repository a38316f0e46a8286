"""Split a dataset."""

from typing import Annotated

import typer

from stages.app import run


def split(role: Annotated[str, typer.Argument(help="key under data: in params.yaml")]) -> None:
    """Split the images of a role into train, val and test, after curation.

    Writes data/ROLE/split.parquet.
    """
    from pathlib import Path

    from s2f_core.common.config import load
    from s2f_core.data import tables
    from s2f_core.data.curation.curate import Curation, curate
    from s2f_core.data.split import Split, write_split

    folder = Path("data") / role
    images, inputs = tables.read(folder / "kept"), folder / "kept" / tables.OWN_INPUTS
    domains = [images.index]
    if inputs.is_dir():
        domains.append(tables.read(inputs).index)
    curation, measures = load(Curation, "curation"), None
    if role in curation.roles:
        measures = curate(images, curation, role, Path("data/assets"))
    write_split(domains, load(Split, "split"), folder / "split.parquet", measures)


if __name__ == "__main__":
    run(split)
