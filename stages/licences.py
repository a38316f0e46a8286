"""List what this is made of, and under which licences."""

from pathlib import Path
from typing import Annotated

import typer

from stages.app import run


def licences(
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    sbom: Annotated[
        Path | None, typer.Option(help="write a bill of materials there, CycloneDX 1.6 JSON")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="fail where something here has no known licence")
    ] = False,
) -> None:
    """List the licences of packages, pictures and weights; unknown ones are marked."""
    from s2f_core.common.errors import UserError
    from s2f_core.report.sbom import bill, listed, parts, table

    found = parts(Path("data/assets"))
    typer.echo(listed(found) if as_json else table(found))
    if sbom is not None:
        try:
            sbom.write_text(bill(found), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{sbom} cannot be written: {error.strerror}") from None
    unknown = [part.name for part in found if part.unknown and part.here != "no"]
    if strict and unknown:
        raise UserError(f"no known licence: {', '.join(unknown)}")


if __name__ == "__main__":
    run(licences)
