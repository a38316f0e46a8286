"""A project of made-up results for the tests of the report, and a parser of its pages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from s2f_core.common.images import Pixels
from s2f_core.data import tables
from s2f_core.report.site.build import build
from s2f_core.report.site.cards import DataParams
from s2f_core.report.site.studies import Study

SCORES = {
    "fid": ("FID", False),
    "kid": ("KID", False),
    "ssim": ("SSIM", True),
    "psnr": ("PSNR", True),
    "pixel_difference": ("Pixel difference", False),
    "diversity": ("Diversity", True),
    "surface_error": ("Surface error", False),
    "energy_distance": ("Energy distance", False),
}
PAIRED = ("fid", "kid", "ssim", "psnr", "pixel_difference")
LOSSES = {  # first and last value of each curve
    "g_adversarial": (0.8, 2.2),
    "g_l1": (0.5, 0.12),
    "d_real": (0.7, 0.3),
    "d_fake": (0.7, 0.28),
    "d_out_real": (0.5, 0.8),
    "d_out_fake": (0.5, 0.15),
    "grad_norm_g": (6.0, 0.4),
    "grad_norm_d": (2.0, 0.05),
}

DATA_PARAMS = DataParams(
    roles={"faces": {"source": "celeba-1k", "path": "data/assets/celeba-1k", "crop": "centre"}},
    background={"model": "u2netp", "fill": {"type": "colour"}},
    conditions={"pencil": {"type": "pencil", "blur": 21}, "noise": {"type": "noise"}},
)

Values = dict[str, float]


def figure_values(*values: float, names: tuple[str, ...] = PAIRED) -> Values:
    """Return values by score, by default the five of pairs."""
    return dict(zip(names, values, strict=True))


FACES = {
    "sketch": figure_values(250.0, 0.31, 0.30, 8.1, 0.33),
    "mean-face": figure_values(310.0, 0.42, 0.40, 12.2, 0.19),
    "nearest-face": figure_values(88.0, 0.002, 0.28, 9.9, 0.26),
    "real": {"fid": 80.0, "kid": 0.001},
}


@dataclass
class Project:
    """Writes the files of the other stages, with given pictures."""

    root: Path
    photos: Pixels
    sketches: dict[str, Pixels]
    ids: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = [f"face-{n:05d}" for n in range(len(self.photos))]
        self.write_table("faces/kept", self.photos)
        for condition, images in self.sketches.items():
            self.write_table(f"faces/kept-{condition}", images)

    def write_table(
        self,
        folder: str,
        images: Pixels,
        classes: list[str] | None = None,
        ids: list[str] | None = None,
    ) -> None:
        """Write an image table."""
        rows = pd.DataFrame({"id": ids or self.ids, "source": "made up", "class": classes})
        path = self.root / "data" / folder
        tables.build(path, tables.Domain(rows, images.__getitem__), label="fixture")

    def write_translation(
        self,
        name: str,
        variant: str,
        outputs: Pixels,
        model: Values,
        baselines: dict[str, Values] | None = None,
        **subject: Any,
    ) -> None:
        """Write outputs, evaluation and scores by image; ``model`` has the model's figures."""
        self.write_table(f"translations/{variant}/{name}", outputs)
        numbers = {"model": model, **(FACES if baselines is None else baselines)}
        evaluation = {
            "name": name,
            "variant": variant,
            "upscaler": "none",
            "role": "faces",
            "background": "kept",
            "condition": "pencil",
            "shown": self.ids,
            **subject,
            "image_size": outputs.shape[1],
            "images": len(self.ids),
            "figures": {
                source: estimates(values, list(model)) for source, values in numbers.items()
            },
            "scores": {
                key: {
                    "title": SCORES[key][0],
                    "higher_is_better": SCORES[key][1],
                    "range": [0, None],
                    "library": "made up 1.0",
                    "describe": f"What {SCORES[key][0]} measures, in a sentence.",
                }
                for key in model
            },
        }
        folder = self.root / "data" / "evaluations" / variant / name
        folder.mkdir(parents=True)
        (folder / "evaluation.json").write_text(json.dumps(evaluation))
        by_image = pd.DataFrame({"id": self.ids})
        noise = np.random.default_rng(len(name))
        for key in {"ssim", "pixel_difference"} & set(model):
            by_image[key] = model[key] * noise.normal(1, 0.08, len(self.ids))
        by_image.to_parquet(folder / "scores.parquet")

    def write_variant(
        self,
        name: str,
        mosaic: Pixels,
        losses: dict[str, tuple[float, float]] | None = None,
        **record: Any,
    ) -> None:
        """Write a training record, its curves and its progress mosaic."""
        model = self.root / "data" / "models" / name
        model.mkdir(parents=True)
        Image.fromarray(mosaic).save(model / "progress.png")
        training: dict[str, Any] = {
            "variant": name,
            "settings": {"lr": 2e-4, "variant": {"generator": {"kind": "unet", "depth": 8}}},
            "steps": 700,
            "epochs": 7.0,
            "training_images": 800,
            "seconds": 80.1,
            "images_per_second": 60.0,
            "best_step": 600,
            "validation": {"ssim": 0.7},
            "parameters": {"generator": 10461568, "discriminator": 692673},
            "precision": "bf16-mixed",
            "device": "cpu",
            **record,
        }
        (model / "training.json").write_text(json.dumps(training))
        noise = np.random.default_rng(1)
        steps = np.linspace(1, 700, 20).astype(int)
        fall = np.exp(-steps / 200)
        curves = pd.DataFrame({"step": steps, "lr": 2e-4})
        for column, (start, end) in (losses or LOSSES).items():
            wave = noise.normal(1, 0.08, len(steps))
            curves[column] = ((end + (start - end) * fall) * wave).clip(0.001)
        validation = pd.DataFrame({"step": range(100, 701, 100)})
        validation["ssim"] = np.linspace(0.4, 0.62, 7)
        validation["pixel_difference"] = np.linspace(0.2, 0.11, 7)
        for kind, frame in (("curves", curves), ("validation", validation)):
            path = self.root / "metrics" / kind / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            frame.to_csv(path, index=False)


def build_pages(
    project: Project,
    names: list[str],
    studies: dict[str, Study] | None = None,
    addable: dict[str, str] | None = None,
) -> dict[str, str]:
    """Build the report and return its pages by path."""
    out = project.root / "report"
    folders = {folder.name: folder for folder in (project.root / "data/evaluations").glob("*/*")}
    variants = {name: folders[name].parent.name if name in folders else "." for name in names}
    board = project.root / "board.csv"
    build(out, board, studies or {}, variants, DATA_PARAMS, project.root, addable)
    return {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*.html"))
    }


def estimates(values: Values, keys: list[str]) -> dict[str, dict[str, float | int] | None]:
    """Return estimates with an interval of ±10 %, null for a missing value."""
    return {
        key: {"value": v, "low": v * 0.9, "high": v * 1.1, "n": 98}
        if (v := values.get(key)) is not None
        else None
        for key in keys
    }


class Outline(HTMLParser):
    """The elements of a page with their attributes; fails if one is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert not self.open, "elements left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the element as open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "input", "br", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the element."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the element."""
        assert self.open.pop() == tag


def page_text(html: str) -> str:
    """Return the page without tags, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
