"""DVC's experiments as they are read, and their page."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from s2f_core.common.errors import UserError
from s2f_core.report.sweeps.experiments import (
    Experiment,
    changed_params,
    parse,
    read_experiments,
    swept_params,
)
from s2f_core.report.sweeps.page import write_page
from s2f_core.report.sweeps.plots import Dot, dot_plot, value_text

RECORDED = Path(__file__).with_name("experiments.json")  # of a project of one stage, by DVC 3.67


@pytest.fixture
def recorded() -> list[Experiment]:
    """Sweeps from two commits: four that ran, one that failed, one in the queue, the workspace."""
    return parse(RECORDED.read_text())


def _by_name(experiments: list[Experiment]) -> dict[str, Experiment]:
    return {one.name: one for one in experiments}


def test_every_experiment_is_read_with_its_state(recorded: list[Experiment]) -> None:
    """Each follows its commit; the workspace starts from HEAD."""
    assert [(one.name, one.state, one.baseline) for one in recorded] == [
        ("workspace", "workspace", "master"),
        ("master", "committed", "master"),
        ("longer-warm", "done", "master"),
        ("later", "queued", "master"),
        ("0852422", "committed", "0852422"),
        ("hot", "done", "0852422"),
        ("blocks", "done", "0852422"),
        ("cold", "done", "0852422"),
        ("warm", "done", "0852422"),
        ("bad", "failed", "0852422"),
        ("6ac600b", "committed", "6ac600b"),
    ]
    commands = {one.name: one.command for one in recorded if one.command}
    assert commands["warm"] == "dvc exp apply warm"
    assert commands["bad"] == "dvc queue logs bad"
    assert commands["later"] == "dvc queue start"


def test_leaves_have_dotted_names(recorded: list[Experiment]) -> None:
    """Metrics also have their file."""
    warm = _by_name(recorded)["warm"]
    assert warm.params["lr"] == 1e-4
    assert warm.params["variants.tiny.generator.type"] == "unet"
    assert warm.metrics["tiny", "fid"] == 140.0
    assert warm.metrics["tiny", "baselines.sketch.fid"] == 300.0


def test_experiments_that_are_not_done_have_no_metrics(recorded: list[Experiment]) -> None:
    """DVC gives them those of their commit."""
    by_name = _by_name(recorded)
    assert "metrics/tiny.json" in RECORDED.read_text().split('"name": "bad"')[1]
    assert by_name["bad"].metrics == by_name["later"].metrics == {}
    assert not by_name["bad"].done


def test_swept_params_are_those_that_experiments_changed(recorded: list[Experiment]) -> None:
    """Changes between commits do not count; most often changed first."""
    by_name = _by_name(recorded)
    key = "variants.tiny.epochs"
    assert by_name["master"].params[key] != by_name["0852422"].params[key]
    assert swept_params(recorded) == ["lr", "variants.tiny.generator.type"]
    assert changed_params(by_name["blocks"], recorded) == {"variants.tiny.generator.type"}
    assert changed_params(by_name["master"], recorded) == set()


def test_a_workspace_equal_to_a_commit_is_left_out() -> None:
    """So is one without metrics."""
    answer = json.loads(RECORDED.read_text())
    answer[0]["data"] = answer[1]["data"]
    assert "workspace" not in _by_name(parse(json.dumps(answer)))
    answer[0]["data"] = {**answer[0]["data"], "params": {}, "metrics": {}}
    assert "workspace" not in _by_name(parse(json.dumps(answer)))


@pytest.mark.parametrize("text", ["", "{}", '[{"name": "no revision"}]'])
def test_malformed_output_of_dvc_is_an_error(text: str) -> None:
    """Malformed output of dvc is an error."""
    with pytest.raises(UserError, match="the output of dvc exp show --json is malformed"):
        parse(text)


def test_missing_parts_of_dvcs_output_are_left_out() -> None:
    """Missing parts of DVC's output are left out."""
    empty = {"rev": "0123456789", "data": None, "error": {"msg": "no dvc.yaml"}}
    gone = {"name": "gone", "revs": None, "executor": None}
    odd = {"rev": "89", "data": {"params": None, "metrics": {"metrics/a.json": {"error": {}}}}}
    running = {"name": "run", "revs": [odd], "executor": {"state": "running"}}
    experiments = parse(json.dumps([{**empty, "experiments": [gone, running]}]))
    assert [(one.name, one.state) for one in experiments] == [
        ("0123456", "committed"),
        ("run", "running"),
    ]
    assert experiments[1].command == "dvc queue logs run"


class _Page(HTMLParser):
    """The elements of a page: their names and attributes, and the text of table cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in ("meta", "path", "circle"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "circle"):
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def count(self, tag: str) -> int:
        """How many elements of this name there are."""
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture
def evaluations(tmp_path: Path) -> Path:
    """A folder with one evaluation, which describes FID."""
    folder = tmp_path / "evaluations" / "tiny" / "tiny"
    folder.mkdir(parents=True)
    scores = {"fid": {"title": "FID", "higher_is_better": False}}
    (folder / "evaluation.json").write_text(json.dumps({"scores": scores}))
    return folder.parent.parent


def test_the_page_has_charts_and_a_table(
    recorded: list[Experiment], evaluations: Path, tmp_path: Path
) -> None:
    """A chart for each parameter and score that differ, a row for each experiment."""
    out = tmp_path / "sweeps" / "index.html"
    write_page(recorded, out, evaluations)
    html = out.read_text()
    assert not re.search(r"<(link|img|iframe)|(src|href)=[\"']?[^#\"']|https?:|@import|url\(", html)
    page = _Page(html)
    assert page.count("svg") == 4  # lr and the generator's type, FID and SSIM; other.json is alike
    heads, *rows = page.rows
    assert heads == [
        "Experiment",
        "State",
        "Started from",
        "lr",
        "variants.tiny.generator.type",
        "tiny FID ↓",
        "tiny ssim",
        "Command",
    ]
    assert len(rows) == 11
    warm = ["warm", "done", "0852422", "0.0001", "unet", "140", "0.6", "dvc exp apply warm"]
    assert warm in rows
    assert ["bad", "failed", "0852422", "2", "unet", "–", "–", "dvc queue logs bad"] in rows
    assert "<title>blocks: lr 0.001, FID ↓ 163</title>" in html
    assert "<title>longer-warm, warm: lr 0.0001, FID ↓ 140</title>" in html
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_ring_is_an_experiment_that_changed_other_parameters(
    recorded: list[Experiment], evaluations: Path, tmp_path: Path
) -> None:
    """A ring is an experiment that changed other parameters."""
    write_page(recorded, tmp_path / "p.html", evaluations)
    over_lr = (tmp_path / "p.html").read_text().split('id="p1"')[0]
    rings = re.findall(r'<circle class="dot s\d other"[^>]*><title>([^:]*):', over_lr)
    assert rings == ["blocks", "blocks"]


def test_a_page_without_sweeps_shows_how_to_run_one(tmp_path: Path) -> None:
    """It has no table and no chart."""
    only = [Experiment("main", "committed", "main", {"lr": 1e-3}, {("a", "fid"): 1.0})]
    write_page(only, tmp_path / "p.html", tmp_path)
    html = (tmp_path / "p.html").read_text()
    assert "dvc exp run --queue" in html
    assert "<table" not in html
    assert "<svg" not in html


def test_names_are_escaped(tmp_path: Path) -> None:
    """A name, a value and a key with a tag are shown as text."""
    evil = "</title><script>alert(1)</script>"
    rows = [
        Experiment("main", "committed", "main", {evil: "a"}, {("m", evil): 1.0}),
        Experiment(evil, "done", "main", {evil: evil}, {("m", evil): 2.0}),
    ]
    write_page(rows, tmp_path / "p.html", tmp_path)
    assert _Page((tmp_path / "p.html").read_text()).count("script") == 1


def _places(svg: str) -> list[float]:
    return [float(x) for x in re.findall(r'<circle [^>]*cx="([\d.]+)"', svg)]


def test_an_axis_of_rates_is_logarithmic() -> None:
    """A small range is linear; equal values divide by no zero."""
    for values, name in (((1e-5, 1e-4, 1e-3), "lr, logarithmic"), ((4, 6, 8), ">blocks<")):
        points = [Dot(x, 1.0, "e", 0) for x in values]
        svg = dot_plot(points, "FID", name.strip("><").split(",")[0], "i")
        first, second, third = _places(svg)
        assert second - first == pytest.approx(third - second, abs=0.2)
        assert name in svg
    assert len(_places(dot_plot([Dot(3, 0.0, "e", 0)], "FID", "n", "i"))) == 1


def test_an_axis_of_categories_has_each_once() -> None:
    """Numbers come first; dots at one place share a circle."""
    values: list[Any] = ["unet", None, 400, "unet", 40]
    svg = dot_plot([Dot(x, 1.0, f"e{n}", 0) for n, x in enumerate(values)], "FID", "max_steps", "i")
    marks = re.findall(r'text-anchor="middle">([^<]+)<', svg)
    assert marks == ["40", "400", "null", "unet", "max_steps"]
    assert len(_places(svg)) == 4
    assert "e0, e3: max_steps unet" in svg


def test_values_as_text() -> None:
    """Values as text."""
    assert [value_text(value) for value in (1e-05, 0.5, 3, None, True, "unet", [1, 2])] == [
        "1e-05",
        "0.5",
        "3",
        "null",
        "true",
        "unet",
        "[1, 2]",
    ]


def test_reading_outside_a_project_is_an_error(tmp_path: Path) -> None:
    """It names the command, the folder and the reason."""
    with pytest.raises(UserError, match=r"git for-each-ref .* failed in .*: fatal"):
        read_experiments(tmp_path)


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.slow
def test_a_queued_experiment_of_an_older_commit_is_found(tmp_path: Path) -> None:
    """By the refs and messages of the installed DVC."""
    _git(tmp_path, "init", "--quiet")
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "params.yaml").write_text("lr: 0.001\n")
    (tmp_path / "dvc.yaml").write_text("stages:\n  one:\n    cmd: echo\n    params: [lr]\n")
    _git(tmp_path, "add", "--all")
    _git(tmp_path, "commit", "--quiet", "--message", "one")
    queue = [*dvc, "exp", "run", "--quiet", "--queue", "--name", "q", "-S", "lr=0.01"]
    subprocess.run(queue, cwd=tmp_path, check=True, capture_output=True)
    _git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "two")
    queued = _by_name(read_experiments(tmp_path))["q"]
    assert (queued.state, queued.params["lr"]) == ("queued", 0.01)
