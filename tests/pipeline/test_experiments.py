"""`dvc repro`, `dvc exp run` and the queue on a small clone: stages and records."""

import re
import subprocess
from pathlib import Path

import pytest
from clones import POINTS, git, run, small_clone, stages_run, studies
from stage_kills import checksums

from s2f_core.tracking import client as tracking
from s2f_core.tracking.mlflow_store import connect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

VARIANT = "pix2pix-pencil"
ON_VALIDATION = f"++translations.{VARIANT}.{VARIANT}.split=val"
SPLITS = {"test", "validation"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with one variant of 32 px, four steps, and DVC's first run of it committed."""
    folder = small_clone(tmp_path_factory.mktemp("clone") / "s2f", VARIANT)
    _run(folder, "repro")
    git(folder, "add", "dvc.lock", "metrics")
    git(folder, "commit", "--quiet", "--message", "first results")
    return folder


def _run(folder: Path, *arguments: str) -> str:
    return run(folder, "dvc", *arguments)


def _runs(folder: Path) -> list[dict[str, str]]:
    """Tags, the rate and the scored split of every run in the clone's store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("DVC_ROOT", str(folder))
        client, experiment = connect(tracking.store_uri())
    return [
        {
            **run.data.tags,
            "lr": run.data.params.get("lr", ""),
            "status": run.info.status,
            "scored": " ".join({name.partition("/")[0] for name in run.data.metrics} & SPLITS),
        }
        for run in client.search_runs([experiment])
    ]


def test_a_second_repro_does_nothing(clone: Path) -> None:
    """It leaves nothing to commit."""
    output = _run(clone, "repro")
    assert stages_run(output) == set()
    assert "up to date" in output
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_a_changed_condition_repeats_only_stages_that_depend_on_it(clone: Path) -> None:
    """No variant here uses edges: a change repeats their tables, the gap and the report.

    Pencil sketches also have a training and an evaluation.
    """
    text = (clone / "params.yaml").read_text()
    (clone / "params.yaml").write_text(text.replace("high: 120", "high: 121"))
    edges = stages_run(_run(clone, "repro"))
    (clone / "params.yaml").write_text(text.replace("blur: 21", "blur: 23"))
    pencil = stages_run(_run(clone, "repro"))
    (clone / "params.yaml").write_text(text)
    restored = _run(clone, "repro")
    summaries = {"gap", "report"}
    assert edges == {"condition@faces-kept-edges", "condition@faces-removed-edges"} | summaries
    variant = {f"{stage}@pix2pix-pencil" for stage in ("train", "evaluate")}
    assert pencil - (edges - summaries) == {"condition@faces-kept-pencil"} | variant | summaries
    assert stages_run(restored) == set()  # from the run cache
    assert "is cached" in restored


def test_a_sweep_lands_in_one_store(clone: Path) -> None:
    """Run here, in a temporary folder, and by the queue: retrained, evaluated, listed.

    One of them is to be chosen by, and scores validation images.
    """
    output = _run(clone, "exp", "run", "--name", "here", "-S", "lr=1e-4")
    assert {stage.split("@")[0] for stage in stages_run(output)} == {
        "train",
        "evaluate",
        "report",
    }
    _run(clone, "exp", "run", "--temp", "--name", "apart", "-S", "lr=1e-5", "-S", ON_VALIDATION)
    _run(clone, "exp", "run", "--queue", "-S", "lr=2e-4,3e-4")
    _run(clone, "exp", "run", "--run-all")

    table = _run(clone, "exp", "show", "--csv", "--no-pager")
    assert all(name in table for name in ("here", "apart"))
    assert {"0.0001", "1e-05", "0.0002", "0.0003"} <= set(re.split(r"[,\n]", table))

    runs = _runs(clone)
    runs_by_name = {run["DVC_EXP_NAME"]: run for run in runs if "DVC_EXP_NAME" in run}
    assert len(runs_by_name) == 4
    assert runs_by_name["here"]["lr"] == "0.0001"
    assert runs_by_name["apart"]["lr"] == "1e-05"
    assert {name: runs_by_name[name]["scored"] for name in ("here", "apart")} == {
        "here": "test",
        "apart": "validation",
    }
    assert {run["lr"] for run in runs} == {"0.001", "0.0001", "1e-05", "0.0002", "0.0003"}
    assert {run["status"] for run in runs} == {"FINISHED"}
    assert all(run["mlflow.source.git.commit"] for run in runs)
    assert runs_by_name["apart"]["DVC_STAGE"].startswith("train@pix2pix-")


def test_dvc_shows_metrics_and_plots(clone: Path) -> None:
    """`dvc metrics show`, `diff` and `dvc plots show` find figures and curves."""
    table = _run(clone, "metrics", "show", "--md")
    assert "metrics/pix2pix-pencil.json" in table
    assert "kid" in table
    _run(clone, "metrics", "diff")
    _run(clone, "plots", "show")
    page = (clone / "dvc_plots" / "index.html").read_text()
    for column in ("d_out_fake", "g_adversarial", "grad_norm_g", "variety", "lr"):
        assert column in page


def test_the_same_seed_gives_the_same_bytes(clone: Path) -> None:
    """A second split, training, evaluation and gap write equal models, plots and metrics."""
    _run(clone, "repro")
    outputs = [Path(name) for name in ("data/models", "data/evaluations", "data/gap", "metrics")]

    def contents() -> dict[str, str]:
        return {name: value for out in outputs for name, value in checksums(clone, out).items()}

    before = contents()
    assert {f"metrics/{VARIANT}.json", "metrics/human-gap.json"} <= before.keys()
    stages = ["split@faces", f"train@{VARIANT}", f"evaluate@{VARIANT}", "gap"]
    _run(clone, "repro", "--force", "--no-run-cache", "--single-item", *stages)
    assert contents() == before


def test_an_added_variant_is_trained_scored_and_reported(clone: Path) -> None:
    """Its role and table are made, nothing else runs again; the report has its row."""
    _run(clone, "repro")
    page = clone / "report" / "studies" / "P3.html"
    command = "s2f add surfaces-fc &amp;&amp; dvc repro"
    (clone / "studies.yaml").write_text(studies([VARIANT, POINTS]))
    assert stages_run(_run(clone, "repro")) == {"report"}
    assert command in page.read_text()
    run(clone, "python", "-m", "stages.main", "add", POINTS)
    assert stages_run(_run(clone, "repro")) == {
        *("dataset@points", "condition@points-kept-noise", "split@points"),
        *(f"train@{POINTS}", f"evaluate@{POINTS}", "report"),
    }
    assert command not in page.read_text()
    assert (clone / "metrics" / f"{POINTS}.json").is_file()
    assert stages_run(_run(clone, "repro")) == set()
