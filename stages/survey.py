"""Write a survey: people tell real pictures from generated ones."""

from typing import Annotated

import typer

from stages.app import run


def survey(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="translations, or the role or table of several", show_default="faces"),
    ] = None,
    each: Annotated[
        int | None,
        typer.Option(
            min=1, help="pictures of each translation", show_default="100 pictures in all"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="seed of the choice of pictures")] = 0,
    limit: Annotated[
        int, typer.Option(min=0, help="milliseconds to show a picture; 0: no limit")
    ] = 0,
    score: Annotated[
        bool, typer.Option("--score", help="count the answers in data/survey instead")
    ] = False,
) -> None:
    """Write survey/index.html: a page on which people tell generated pictures from real ones."""
    from pathlib import Path

    from s2f_core.report.survey.rates import rate_table

    if score:
        typer.echo(rate_table(Path()))
        return
    from s2f_core.common.config import load
    from s2f_core.data.selection import (
        TranslatedVariant,
        TranslationOptions,
        resolve_translations,
    )
    from s2f_core.report.survey.page import write_page

    variants = load(dict[str, TranslatedVariant], "variants")
    sections = load(dict[str, dict[str, TranslationOptions]], "translations")
    known = resolve_translations(variants, sections, load(str, "gap", "people"))
    out = Path("survey") / "index.html"
    page = write_page(
        known, names or ["faces"], Path("data"), out, each=each, seed=seed, limit=limit
    )
    typer.echo(f"{out} ({page}); {out.with_name('key.csv')} has the right answers")


if __name__ == "__main__":
    run(survey)
