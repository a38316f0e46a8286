"""Two translations of the same faces, and P1's table, which several tests look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from made_up import Project, of, site

from s2f_core.report.site.studies import Study, StudyRow

PIX2PIX = of(120.0, 0.09, 0.55, 15.0, 0.12)
ASSISTED = of(101.2, 0.0412, 0.60, 16.1, 0.11)
NAMES = ["pix2pix-pencil", "resnet-sr"]
OVERVIEW = "index.html"
P1_PAGE = "studies/P1.html"


def two(root: Path) -> Project:
    """Two translations of 16-pixel faces: pix2pix, and the ResNet upscaled."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    made = Project(root, photos, {"pencil": photos[..., :1]})
    made.translation("pix2pix-pencil", "pix2pix-pencil", photos // 2, PIX2PIX)
    made.translation("resnet-sr", "resnet", photos // 3, ASSISTED, upscaler="dat-x2")
    for name in ("pix2pix-pencil", "resnet"):
        made.variant(name, np.concatenate(photos[:4], axis=1))
    return made


def study(**ours: str | None) -> Study:
    """P1's table with our translations put in by row."""
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


P1 = study(**{"Pix2Pix": "pix2pix-pencil", "ResNet + super-resolution": "resnet-sr"})


def pages(project: Project, studies: dict[str, Study] | None = None) -> dict[str, str]:
    """Build and return all pages."""
    return site(project, NAMES, {"P1": P1} if studies is None else studies)
