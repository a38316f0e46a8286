"""The papers' sweeps: every command is on the page and makes valid parameters."""

import json
import subprocess
import sys
from pathlib import Path

import yaml
from clones import with_variants

from benchmarks.studies import SMALL, additions, command, experiments
from docs.generate import sweeps
from s2f_core.common.config import load
from s2f_core.training.variant import Variant

ROOT = Path(__file__).parents[2]
APPLY = """
import json, sys
from pathlib import Path
from dvc.utils.hydra import apply_overrides
folder, text = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
for number, overrides in enumerate(json.loads(sys.argv[3])):
    file = folder / f"{number}.yaml"
    file.write_text(text)
    apply_overrides(file, overrides)
"""


def test_every_command_is_on_the_page() -> None:
    """The page has each command as it is typed."""
    page = sweeps.page()
    missing = [line for line in (command(*one) for one in experiments()) if line not in page]
    assert missing == []


def test_every_choice_makes_a_valid_variant(tmp_path: Path) -> None:
    """``dvc exp run -S`` applies each choice, and each changes something."""
    overrides = [
        [*additions(sweep.variant), *sweep.always, *choice, *SMALL]
        for sweep, choice in experiments()
    ]
    params = ROOT / "params.yaml"
    arguments = [sys.executable, "-c", APPLY, str(tmp_path), str(params), json.dumps(overrides)]
    subprocess.run(arguments, check=True)
    plain = yaml.safe_load(params.read_text(encoding="utf-8"))
    for number, (sweep, _) in enumerate(experiments()):
        before = with_variants(plain, sweep.variant)
        after = yaml.safe_load((tmp_path / f"{number}.yaml").read_text(encoding="utf-8"))
        assert after != before, command(sweep, ())
        load(Variant, "variants", sweep.variant, file=tmp_path / f"{number}.yaml")
