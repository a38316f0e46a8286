"""The stage's own command under ``torchrun``: one record, whatever the number of processes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from s2f_core.networks.checkpoint import load_model
from s2f_core.tracking.mlflow_store import connect
from stages.condition import condition
from stages.dataset import dataset
from stages.split import split
from tests.common.test_distributed import ROOT, TORCHRUN
from tests.stages.test_stages import project  # noqa: F401


def _torchrun(name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TORCHRUN, "-m", "stages.train", name],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_write_one_record(project: Path) -> None:  # noqa: F811
    """One run in MLflow, the outputs once, no state left; a batch of three is refused."""
    dataset("faces")
    split("faces")
    condition("faces", "kept", "pencil")
    result = _torchrun("pix2pix-pencil")
    assert result.returncode == 0, result.stderr
    assert len(re.findall(r"\| 0/\d+ ", result.stderr)) == 1  # one bar
    _, network = load_model(Path("data/models/pix2pix-pencil/a-to-b.pt"))
    assert not network.training
    client, experiment = connect(f"sqlite:///{project / 'mlflow.db'}")
    (run,) = client.search_runs([experiment])
    assert run.info.status == "FINISHED"
    assert Path("data/models/pix2pix-pencil/run_id").read_text() == run.info.run_id
    assert not list(Path(".s2f/training").iterdir())

    settings = yaml.safe_load(Path("params.yaml").read_text())
    settings["defaults"]["recipe"]["batch"] = 3
    Path("params.yaml").write_text(yaml.safe_dump(settings))
    refused = _torchrun("pix2pix-pencil")
    assert refused.returncode != 0
    assert "error: recipe.batch is 3 images in 1 part(s) (accumulate)" in refused.stderr
