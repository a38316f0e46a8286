"""Build the report."""

from stages.app import run


def report() -> None:
    """Build the report's site and the leaderboard from the results of the other stages.

    Writes report/ and metrics/leaderboard.csv, and removes metrics of variants that are no more.
    """
    from pathlib import Path
    from typing import Any

    from threadpoolctl import threadpool_limits

    from s2f_core.common import study_variants
    from s2f_core.common.config import load
    from s2f_core.data.datasets import Dataset
    from s2f_core.data.selection import (
        TranslatedVariant,
        TranslationOptions,
        resolve_translations,
    )
    from s2f_core.report.site.build import build
    from s2f_core.report.site.cards import DataParams
    from s2f_core.report.site.studies import Study
    from s2f_core.report.stale import remove_stale_metrics

    variants = load(dict[str, TranslatedVariant], "variants")
    remove_stale_metrics(Path("metrics"), variants)
    sections = load(dict[str, dict[str, TranslationOptions]], "translations")
    translations = resolve_translations(variants, sections, load(str, "gap", "people"))
    sources = load(dict[str, Dataset], "data")
    with threadpool_limits(1, "blas"):  # one core multiplies matrices this small faster
        build(
            Path("report"),
            Path("metrics/leaderboard.csv"),
            load(dict[str, Study], "studies", file=Path("studies.yaml")),
            {name: translation.variant for name, translation in translations.items()},
            DataParams(
                {role: source.model_dump(mode="json") for role, source in sources.items()},
                load(dict[str, Any], "background"),
                load(dict[str, dict[str, Any]], "conditions"),
            ),
            addable=study_variants.translation_owners(study_variants.read()),
        )


if __name__ == "__main__":
    run(report)
