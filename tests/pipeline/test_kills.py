"""The kill drill detects lost outputs; the pipeline loses none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

DRILL = Path(__file__).parents[1] / "helpers" / "kill_drill.py"

# A stage that takes a moment. What it leaves behind when it is killed misleads the second one.
SOUND = """
import hashlib
from pathlib import Path

def {name}():
    misled = Path("work").exists() and {careless}
    Path("work").touch()
    digest = b""
    for _ in range(400_000):
        digest = hashlib.sha256(digest).digest()
    Path("out").write_text("misled" if misled else digest.hex())
    Path("work").unlink()
"""


def _drill(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    out = folder.with_name("kills.json")
    process = subprocess.run(
        [sys.executable, DRILL, folder, "--out", out, *options],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(out.read_text()) if out.exists() else {}
    return process.returncode, report, process.stdout + process.stderr


@pytest.mark.parametrize("careless", [False, True])
def test_the_drill_detects_lost_outputs(tmp_path: Path, careless: bool) -> None:
    """A stage that uses leftovers of a killed run is detected."""
    project = tmp_path / "project"
    files = {
        "stages/__init__.py": "",
        "stages/slow.py": SOUND.format(name="slow", careless=careless),
        "s2f_core/__init__.py": "",
        "s2f_core/training/loop.py": "",
        "dvc.lock": yaml.safe_dump(
            {"stages": {"slow": {"cmd": "python -m stages.slow", "outs": [{"path": "out"}]}}}
        ),
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    code = "import sys; sys.path.insert(0, '.'); from stages.slow import slow; slow()"
    subprocess.run([sys.executable, "-B", "-c", code], cwd=project, check=True)
    status, report, output = _drill(project, "--times", "3", "--dvc", "0")
    counts = report["stages"]["all"]
    assert (status, counts["injected"]) == (int(careless), 3), output
    assert (counts["lost"] > 0) is careless
    if careless:
        assert any("out" in kill["lost"] for kill in report["kills"])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_kills_lose_no_output(tmp_path: Path) -> None:
    """Each kind of stage in a pipeline of points is killed, and DVC twice."""
    clone = tmp_path / "s2f"
    status, report, output = _drill(clone, "--points", "--times", "10", "--dvc", "5", "--seed", "1")
    assert status == 0, output[-3000:]
    counts = report["stages"]["all"]
    assert (counts["injected"], counts["survived"], counts["dvc"]) == (10, 10, 2)
    assert {"code", "fetch", "dataset", "condition", "split", "train"} < set(report["stages"])
