"""Generate the reference page of the papers' sweeps and claims."""

from __future__ import annotations

from pathlib import Path

from benchmarks.studies import command, experiments
from docs.generate.parameters import cell
from s2f_core.common import study_variants
from s2f_core.common.config import load
from s2f_core.report.site.studies import Study

ROOT = Path(__file__).parents[2]


def page() -> str:
    """The page, in Markdown."""
    studies = load(dict[str, Study], "studies", file=ROOT / "studies.yaml")
    absent = study_variants.read_absent(ROOT)
    claims = [
        f"| {name} | {cell(claim.claim)} | `{study_variants.with_add(claim.command, absent)}` |"
        for name, study in studies.items()
        for claim in study.claims
        if claim.command
    ]
    sweeps = [
        f"| {sweep.study} | {cell(sweep.question)} | `{command(sweep, choice)}` |"
        for sweep, choice in experiments()
    ]
    parts = [
        "# Sweeps of the studies",
        (
            "Comparisons of the papers that the default pipeline does not make, one command each. "
            "`s2f add` writes a variant of `studies/variants.yaml` into `params.yaml` first. "
            "[Studies](../how-to/studies.md) says how to run several at once."
        ),
        "## Claims",
        "\n".join(["| study | claim | command |", "|---|---|---|", *claims]),
        "## Sweeps",
        "\n".join(["| study | question | command |", "|---|---|---|", *sweeps]),
    ]
    return "\n\n".join(parts) + "\n"
