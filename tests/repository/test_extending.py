"""The additions of docs/how-to/extend.md, in a copy of the package, train."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "extend.md"
BLOCK = re.compile(r"^```(?P<kind>\w+) (?P<file>\S+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def _params(folder: Path) -> dict[str, Any]:
    params: dict[str, Any] = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    return params


def _apply(change: str, file: Path) -> None:
    """Apply a diff block; each of its hunks has to fit in exactly one place."""
    text = file.read_text(encoding="utf-8")
    for hunk in change.split("@@ @@\n")[1:]:
        lines = hunk.splitlines()
        old, new = (
            "".join(f"\n{line[1:]}" for line in lines if line[:1] in marks)
            for marks in (" -", " +")
        )
        assert text.count(f"{old}\n") == 1, f"{file.name} does not have this exactly once:{old}"
        text = text.replace(f"{old}\n", f"{new}\n")
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its parameters with all that the page says to add."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "s2f_core", folder / "s2f_core")
    for name in ("params.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        file = folder / block["file"]
        if block["kind"] == "diff":
            _apply(block["text"], file)
        else:
            assert not file.exists()
            file.write_text(block["text"], encoding="utf-8")
    return folder


def test_the_page_adds_a_variant_of_each_kind(copy: Path) -> None:
    """One of existing parts, one with a new network, one with a new objective; nothing else."""
    before, after = _params(ROOT), _params(copy)
    names = list(after["variants"].keys() - before["variants"].keys())
    assert sorted(names) == ["cascade-pencil", "multiscale-pencil", "pix2pix-spectral"]
    for name in names:
        del after["variants"][name]
        assert after["translations"].pop(name) == {name: {}}
    assert after == before


def test_new_variants_need_no_change_of_dvc_yaml(copy: Path) -> None:
    """Stages loop over the entries, and the tables of the new variants exist already."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    loops = {stage: stages[stage]["foreach"] for stage in ("train", "evaluate")}
    assert loops == dict.fromkeys(("train", "evaluate"), "${variants}")
    tables = _params(copy)["tables"].values()
    assert all(entry["data"] in tables for entry in _params(copy)["variants"].values())


def test_code_of_the_page_passes_ruff(copy: Path) -> None:
    """Lint and format."""
    names = {block["file"] for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}
    files = sorted(name for name in names if not (ROOT / name).exists())
    assert files == ["s2f_core/networks/cascade.py", "s2f_core/training/objectives/multiscale.py"]
    for arguments in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, *files], cwd=copy, check=True)


def test_new_variants_train_and_fulfil_the_contracts(copy: Path, tmp_path: Path) -> None:
    """A process of its own imports the copy; see :func:`main`."""
    folders = [copy, ROOT, ROOT / "tests" / "helpers"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, __file__, str(copy), str(tmp_path)]
    result = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == _added(copy)


def _added(copy: Path) -> list[str]:
    return sorted(_params(copy)["variants"].keys() - _params(ROOT)["variants"].keys())


def main(copy: Path, folder: Path) -> None:
    """Train what the copy adds, interrupted and straight; run the contracts; print the names."""
    import torch

    import s2f_core

    assert Path(s2f_core.__file__).parent == copy / "s2f_core"
    torch.set_num_threads(1)
    splits = _splits(folder)
    for name in _added(copy):
        settings = _settings(copy, name)
        _check_resume(settings, splits, folder / name)
        if settings.variant.objective.type == "multiscale":
            _check_objective(settings, splits)
        sys.stdout.write(f"{name}\n")
    _check_generator()


def _splits(folder: Path) -> Any:
    """Forty grey pictures of 64 px and their colours, thirty and ten."""
    import pandas as pd
    from fixtures import split_pairs

    from s2f_core.data.tables import Domain, build

    coarse = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3)).astype(np.uint8)
    colour = coarse.repeat(16, axis=1).repeat(16, axis=2)
    grey = colour.mean(axis=3, keepdims=True).astype(np.uint8)
    names = [f"{row:03d}" for row in range(40)]
    rows = pd.DataFrame({"id": names, "source": names})
    return split_pairs(
        build(folder / "grey", Domain(rows, grey.__getitem__), label="grey"),
        build(folder / "colour", Domain(rows, colour.__getitem__), label="colour"),
    )


def _settings(copy: Path, name: str) -> Any:
    """Settings as the stage ``train`` reads them, of a tiny training."""
    from s2f_core.common.config import load
    from s2f_core.training.variant import Settings, Variant

    file = copy / "params.yaml"
    variant = load(Variant, "variants", name, file=file)
    return Settings(
        name=name, seed=0, lr=1e-3, width=4, max_steps=3, precision="32-true", variant=variant
    )


def _check_resume(settings: Any, splits: Any, states: Path) -> None:
    """A training that stops after two of three steps resumes and ends as a straight one."""
    from fixtures import SilentRun

    from s2f_core.training.loop import train
    from s2f_core.training.run import prepare

    class Stopping(SilentRun):
        def log(self, step: int, values: dict[str, float]) -> None:
            if step == 2 and "train/lr" not in values:
                raise KeyboardInterrupt

    straight = prepare(settings, splits, states)
    train(straight, SilentRun())  # type: ignore[arg-type]
    first = prepare(settings, splits, states)
    with pytest.raises(KeyboardInterrupt):
        train(first, Stopping())  # type: ignore[arg-type]
    first.save("run")
    second = prepare(settings, splits, states)
    assert (second.resume(), second.step) == ("run", 2)
    train(second, SilentRun())  # type: ignore[arg-type]
    assert second.history.rows == straight.history.rows
    assert second.validation.rows == straight.validation.rows
    assert len(straight.validation.rows) == 3


def _check_generator() -> None:
    """The tests of all generators include the new one, with every norm."""
    from network_contract import registry_cases

    from s2f_core.networks import Generator
    from tests.networks import test_generators as contract

    cases = [case for case in registry_cases(Generator) if case["type"] == "cascade"]
    assert len(cases) == 5
    for case in cases:
        contract.test_every_generator_fits_64_px_and_a_file(case)
        for size in (28, 48):  # one that is refused and one that is not
            contract.test_a_generator_holds_the_contract_or_refuses_the_size(case, size)


def _check_objective(settings: Any, splits: Any) -> None:
    """Run the tests of all objectives."""
    from tests.training.objectives import test_objectives as contract

    for test in (
        contract.test_a_step_trains_every_network,
        contract.test_a_turn_trains_its_players_alone,
        contract.test_rates_are_multiples_of_the_first,
        contract.test_state_goes_round,
        contract.test_a_generator_for_each_direction,
    ):
        test((settings, splits))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
