"""Small clones of this repository, in which DVC runs the real pipeline within minutes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any

import yaml

from s2f_core.common import study_variants

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
POINTS = "surfaces-fc"


def small_clone(folder: Path, *variants: str) -> Path:
    """Make and commit a clone in ``folder`` with only these variants, of 32 px and four steps.

    Variants of the studies are added.
    """
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    for file in (
        "dvc.yaml",
        "params.yaml",
        str(study_variants.FILE),
    ):  # including uncommitted changes
        (folder / file).write_text((ROOT / file).read_text())  # with changes not committed
    settings = with_variants(yaml.safe_load((folder / "params.yaml").read_text()), *variants)
    _shrink(settings, variants)
    (folder / "params.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    (folder / "studies.yaml").write_text(studies(translation_names(settings)))
    git(folder, "config", "user.name", "A Tester")
    git(folder, "config", "user.email", "tester@example.org")
    git(folder, "commit", "--quiet", "--all", "--message", "small")
    return folder


def points_clone(folder: Path) -> Path:
    """Make a small clone of :data:`POINTS`, of generated points, up to its training."""
    small_clone(folder, POINTS)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["data"] = {"points": params["data"]["points"]}
    params["curation"]["roles"] = []
    params["assets"] = ["hed", "mediapipe", "selfie"]
    params["tables"] = {"points-kept-noise": params["tables"]["points-kept-noise"]}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    pipeline = yaml.safe_load((folder / "dvc.yaml").read_text())
    names = ("code", "fetch", "dataset", "condition", "split", "train")
    stages = {name: pipeline["stages"][name] for name in names}
    training = stages["train"]["do"]  # needs no frozen network
    training["deps"] = [dep for dep in training["deps"] if not dep.startswith("data/assets/")]
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))
    return folder


def _shrink(settings: dict[str, Any], variants: tuple[str, ...]) -> None:
    settings.update(image_size=32, width=4, max_steps=4)
    data = settings["data"]
    for role in {"faces", "persons", "objects"} & data.keys():
        data[role]["limit"] = 60
    data["doodles"]["limit"] = 6
    data["drawn-faces"]["a"]["limit"] = 30
    data["drawn-faces"]["b"]["limit"] = 60
    for surfaces in {"points", "grids"} & data.keys():
        data[surfaces]["examples"] = 60
    settings["edsr"].update(steps=2, blocks=1, channels=4)
    settings["background"]["size"] = 64
    settings["gap"]["images"] = 20
    settings["variants"] = {name: settings["variants"][name] for name in variants}
    settings["defaults"]["discriminator"]["layers"] = 1
    translations = {}
    for name, variant in settings["variants"].items():
        variant["scale"] = 1.0
        own = settings["translations"][name].get(name, {})
        translations[name] = {name: {**own, "upscaler": "none"}}
        discriminator = variant.get("discriminator", {})
        if discriminator.get("type") != "fc" and discriminator:
            discriminator["layers"] = 1
    settings["translations"] = translations


def with_variants(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the parameters with these variants of the studies added, as ``s2f add`` does."""
    known = study_variants.read(ROOT)
    return study_variants.extend(settings, [known[name] for name in names if name in known])


def translation_names(settings: dict[str, Any]) -> list[str]:
    """Return the names of all translations of these parameters."""
    return [name for entries in settings["translations"].values() for name in entries]


def studies(translations: Container[str]) -> str:
    """Return ``studies.yaml`` without claims and with rows of these translations only."""
    content = yaml.safe_load((ROOT / "studies.yaml").read_text())
    for study in content["studies"].values():
        study["claims"] = []
        for row in study["rows"]:
            row["ours"] = row["ours"] if row["ours"] in translations else None
    text: str = yaml.safe_dump(content, sort_keys=False)
    return text


def git(folder: Path, *arguments: str) -> None:
    """Run git in ``folder``."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def clean_environment() -> dict[str, str]:
    """Return this environment with the tests' Python first and without the user's settings."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("DVC", "MLFLOW", "S2F"))}
    return variables | {"PATH": f"{BIN}:{variables['PATH']}", "DVC_NO_ANALYTICS": "true"}


def run(folder: Path, *command: str) -> str:
    """Run a command of the environment in ``folder`` and return its output.

    Downloads come from the user's cache.
    """
    process = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=folder,
        env=clean_environment(),
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.returncode == 0, process.stdout[-3000:]
    return process.stdout


def stages_run(output: str) -> set[str]:
    """Return the stages that ``dvc repro`` ran, from its output."""
    return set(re.findall(r"Running stage '([^']+)'", output))
