"""A report of two translations of the same faces, with P1's table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from report_project import Project, build_pages, figure_values

from s2f_core.report.site.studies import Study, StudyRow

PIX2PIX = figure_values(120.0, 0.09, 0.55, 15.0, 0.12)
ASSISTED = figure_values(101.2, 0.0412, 0.60, 16.1, 0.11)
NAMES = ["pix2pix-pencil", "resnet-sr"]
OVERVIEW = "index.html"
P1_PAGE = "studies/P1.html"


def two_translations(root: Path) -> Project:
    """Write two translations of 16-pixel faces: pix2pix, and the upscaled ResNet."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    project = Project(root, photos, {"pencil": photos[..., :1]})
    project.write_translation("pix2pix-pencil", "pix2pix-pencil", photos // 2, PIX2PIX)
    project.write_translation("resnet-sr", "resnet", photos // 3, ASSISTED, upscaler="dat-x2")
    for name in ("pix2pix-pencil", "resnet"):
        project.write_variant(name, np.concatenate(photos[:4], axis=1))
    return project


def p1_study(**ours: str | None) -> Study:
    """Return P1's table; ``ours`` maps a row to our translation."""
    published = {
        "Pix2Pix": (142.44, 0.90),
        "CycleGAN": (143.18, 0.96),
        "ResNet + super-resolution": (139.07, 0.91),
    }
    rows = tuple(
        StudyRow(name=name, published={"fid": fid, "pixel_difference": pd_}, ours=ours.get(name))
        for name, (fid, pd_) in published.items()
    )
    return Study(title="Sketch to Face", citation="2020", setting="CelebA, 2,000", rows=rows)


P1 = p1_study(**{"Pix2Pix": "pix2pix-pencil", "ResNet + super-resolution": "resnet-sr"})


def build_p1_pages(project: Project, studies: dict[str, Study] | None = None) -> dict[str, str]:
    """Build the report and return its pages by path."""
    return build_pages(project, NAMES, {"P1": P1} if studies is None else studies)
