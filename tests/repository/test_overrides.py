"""Names and values reach the stages as a person means them: by the shell and by ``-S``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from s2f_core.common.config import load
from s2f_core.common.entry_names import ALLOWED
from s2f_core.common.errors import UserError
from s2f_core.data.selection import TranslatedVariant, TranslationOptions
from s2f_core.training.variant import Variant

ROOT = Path(__file__).parents[2]


def _variants(file: Path) -> dict[str, TranslatedVariant]:
    return load(dict[str, TranslatedVariant], "variants", file=file)


def test_a_command_quotes_every_name() -> None:
    """A shell would split or run a wrong name before the stage can refuse it."""
    entries = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for entry in entries.values():
        _, options, names = entry.get("do", entry)["cmd"].partition(" -- ")
        assert ("${" in str(entry.get("do", entry)["cmd"])) == bool(options)
        assert re.sub(r"'\$\{[\w.]+\}'", "", names).strip() == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["my faces", "a(b", "$(exit 3)", "-a", "a;b", "*", "été"])
def test_a_wrong_name_reaches_the_stage_which_refuses_it(tmp_path: Path, name: str) -> None:
    """In one line, by the command that DVC runs."""
    (tmp_path / "params.yaml").write_text(
        yaml.safe_dump({"image_size": 32, "data": {name: {}}}), encoding="utf-8"
    )
    entries = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    command = entries["dataset"]["do"]["cmd"].replace("${key}", name)
    process = subprocess.run(
        ["bash", "-c", command.replace("python", sys.executable, 1)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    message = f"error: params.yaml: data: {name!r} cannot be a name (allowed: {ALLOWED})\n"
    assert (process.returncode, process.stderr) == (1, message)


def _override(file: Path, *overrides: str) -> None:
    """Write params.yaml to ``file`` as ``dvc exp run -S`` changes it."""
    file.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"))
    code = (
        "import sys; from pathlib import Path; from dvc.utils.hydra import apply_overrides; "
        "apply_overrides(Path(sys.argv[1]), sys.argv[2:])"
    )
    subprocess.run([sys.executable, "-c", code, file, *overrides], check=True)


def test_an_override_of_a_key_that_only_the_defaults_show_needs_two_plus_signs(
    tmp_path: Path,
) -> None:
    """DVC refuses a key that is not in the file without them."""
    file = tmp_path / "params.yaml"
    _override(
        file,
        "variants.pix2pix-pencil.data.background=removed",
        "++variants.pix2pix-pencil.recipe.batch=2",
        "++translations.pix2pix-pencil.pix2pix-pencil.split=val",
    )
    before, after = _variants(ROOT / "params.yaml"), _variants(file)
    (name,) = [name for name in after if after[name] != before[name]]
    assert after[name].data.background == "removed"
    variant = load(Variant, "variants", name, file=file)
    assert (variant.recipe.batch, variant.recipe.epochs) == (2, 200)
    options = load(TranslationOptions, "translations", name, name, file=file)
    assert options.split == "val"


def test_words_and_numbers_of_an_override_keep_their_type(tmp_path: Path) -> None:
    """``no`` and ``on`` are classes, also without quotes; ``1e-5`` is a rate."""
    file = tmp_path / "params.yaml"
    classes = "++variants.best.data.classes=['no','on','1','Golden Retriever']"
    _override(file, classes, "++variants.resnet.data.classes=[no,on,yes]", "lr=1e-5", "seed=08")
    variants = _variants(file)
    assert variants["best"].data.classes == ("no", "on", "1", "Golden Retriever")
    assert variants["resnet"].data.classes == ("no", "on", "yes")
    assert load(float, "lr", file=file) == 1e-5
    assert load(int, "seed", file=file) == 8


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("++max_step=5", r"max_step: unknown key \(known keys: seed, "),
        ("++variants.best.recipe.epoch=5", r"variants\.best\.recipe\.epoch: unknown key \(known "),
        ("++variants.best.recipies.epochs=5", r"variants\.best\.recipies: unknown key \(known "),
        ("++defaults.recipe.batch=0", r"defaults\.recipe\.batch: Input should be greater than or "),
        ("variants.best.data.role=my faces", r"variants\.best\.data\.role: 'my faces' cannot be "),
        ("++variants.best.data.classes=[1]", r"classes\.0: .* got 1: put it in quotes$"),
        ("++variants.a.b={}", r"'a' is under variants only"),
    ],
)
def test_a_wrong_override_is_one_line_that_names_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, override: str, message: str
) -> None:
    """DVC itself adds any key after two plus signs."""
    monkeypatch.chdir(tmp_path)
    _override(Path("params.yaml"), override)
    with pytest.raises(UserError, match=f"^params.yaml: .*{message}") as error:
        load(Variant, "variants", "best")
    assert "\n" not in str(error.value)
