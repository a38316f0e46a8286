"""List the licences of packages, data and weights."""

from pathlib import Path
from typing import Annotated

import typer

from stages.app import run


def licences(
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    sbom: Annotated[
        Path | None,
        typer.Option(help="also write a bill of materials to this file, CycloneDX 1.6 JSON"),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit with 1 if an installed part has no known licence")
    ] = False,
) -> None:
    """List the licences of packages, data and weights, and mark unknown ones."""
    from s2f_core.common.errors import UserError
    from s2f_core.common.project import data_folder
    from s2f_core.report.sbom import as_cyclonedx, as_json, as_text, list_parts

    parts = list_parts(data_folder() / "assets")
    typer.echo(as_json(parts) if json else as_text(parts))
    if sbom is not None:
        try:
            sbom.write_text(as_cyclonedx(parts), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{sbom} cannot be written: {error.strerror}") from None
    unknown = [part.name for part in parts if part.unknown and part.here != "no"]
    if strict and unknown:
        raise UserError(f"no licence is known for: {', '.join(unknown)}")


if __name__ == "__main__":
    run(licences)
