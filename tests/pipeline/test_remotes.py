"""Pushes and pulls over SSH, by the commands of docs/how-to/several-machines.md."""

from __future__ import annotations

import getpass
import hashlib
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import servers
from clones import BIN, POINTS, clean_environment, git, points_clone, run, stages_run
from doc_blocks import named_blocks, parse_commands

PAGE = "how-to/several-machines.md"
VARIANT = POINTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
pytest.importorskip("dvc_ssh", reason="no dvc-ssh: pip install 's2f[remote]'")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with one trained variant of generated points, all committed."""
    clone = points_clone(tmp_path_factory.mktemp("first") / "s2f")
    assert f"train@{VARIANT}" in stages_run(run(clone, "dvc", "repro"))
    git(clone, "add", "dvc.lock", "metrics")
    git(clone, "commit", "--quiet", "--all", "--message", "Results")
    return clone


@dataclass(frozen=True)
class Team:
    """Two clones of one commit, the first with results, and the server between them."""

    first: Path
    second: Path
    server: servers.Server
    store: Path


@pytest.fixture
def team(results: Path, tmp_path: Path) -> Team:
    """Both clones have the address and credentials of an empty remote; the server is off."""
    server = servers.ssh_server(tmp_path / "ssh")
    clones = Team(tmp_path / "first", tmp_path / "second", server, tmp_path / "store")
    _clone(results, clones.first)
    shutil.copytree(results / ".dvc" / "cache", clones.first / ".dvc" / "cache")
    address = f"127.0.0.1:{clones.server.port}{clones.store}"
    _do(clones.first, "name", {"data.example.org/srv/s2f": address})
    _clone(clones.first, clones.second)
    me = {"user me": f"user {getpass.getuser()}", "~/.ssh/id_ed25519": tmp_path / "ssh" / "key"}
    for clone in (clones.first, clones.second):
        _do(clone, "credentials", me)
    return clones


def _clone(source: Path, folder: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", source, folder], check=True)
    git(folder, "config", "user.name", "A Tester")
    git(folder, "config", "user.email", "tester@example.org")


def _do(clone: Path, block: str, replacements: dict[str, object] | None = None) -> str:
    """Run a block's commands with the replacements ``here``; return the output."""
    outputs = []
    for command in parse_commands(named_blocks(PAGE, "console")[block], replacements or {}):
        if command[0] == "git":
            git(clone, *command[1:])
        else:
            outputs.append(run(clone, *command))
    return "".join(outputs)


def _contents(clone: Path) -> dict[str, str]:
    """Return the checksums of the pipeline's outputs by path."""
    tables = [path for path in (clone / "data").rglob("*") if path.is_file()]
    files = [*tables, *(clone / "metrics").rglob("*.csv")]
    return {
        str(path.relative_to(clone)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_a_clone_pulls_another_clones_push(team: Team, results: Path) -> None:
    """No stage runs, and MLflow gets the runs."""
    with team.server.running():
        _do(team.first, "push")
        output = _do(team.second, "pull")
    assert "Data and pipelines are up to date" in output
    assert f"{VARIANT}: the training of" in output
    assert _contents(team.second) == _contents(results)
    assert stages_run(run(team.second, "dvc", "repro")) == set()


def test_no_credential_is_in_git(team: Team) -> None:
    """The address is in a committed file; user and key are in an ignored one."""
    git(team.second, "diff", "--quiet", "HEAD")
    git(team.second, "grep", "--quiet", f"127.0.0.1:{team.server.port}", "--", ".dvc/config")
    assert "keyfile" in (team.second / ".dvc" / "config.local").read_text()
    with pytest.raises(subprocess.CalledProcessError):
        git(team.second, "ls-files", "--error-unmatch", ".dvc/config.local")


def test_the_run_cache_is_shared(team: Team, results: Path) -> None:
    """A stage whose outputs DVC caches does not run again, even without dvc.lock's entries.

    A training also writes curves for git. DVC does not push these, so it needs dvc.lock's entry.
    """
    with team.server.running():
        _do(team.first, "push")
        _do(team.second, "pull")
    (team.second / "dvc.lock").unlink()
    shutil.rmtree(team.second / "data" / "models")
    output = run(team.second, "dvc", "repro")
    assert stages_run(output) == {f"train@{VARIANT}"}
    assert "Stage 'split@points' is cached" in output
    models = f"data/models/{VARIANT}/"
    changed = _contents(team.second).items() ^ _contents(results).items()
    assert {path for path, _ in changed} == {f"{models}run_id", f"{models}training.json"}


def test_an_interrupted_push_can_be_repeated(team: Team, results: Path) -> None:
    """The first push fails with the server; the second one uploads the rest."""
    with team.server.running() as server:
        push = subprocess.Popen(
            [BIN / "dvc", "push", "--jobs", "1"],
            cwd=team.first,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while not any(path.is_file() for path in team.store.rglob("*")):
            assert push.poll() is None
            time.sleep(0.002)
        servers.kill(server)
        output, _ = push.communicate()
    assert push.returncode != 0
    assert "ERROR" in output
    with team.server.running():
        run(team.first, "dvc", "push")
        run(team.second, "dvc", "pull")
    assert "Data and pipelines are up to date" in run(team.second, "dvc", "status")
    assert _contents(team.second) == _contents(results)


def test_clones_on_one_disk_share_a_cache(results: Path, tmp_path: Path) -> None:
    """Outputs are links, and a repeated stage leaves the other clone's outputs unchanged."""
    cache = tmp_path / "cache"
    shutil.copytree(results / ".dvc" / "cache", cache)
    first, second = tmp_path / "first", tmp_path / "second"
    for clone in (first, second):
        _clone(results, clone)
        _do(clone, "cache", {"/srv/s2f-cache": cache})
        assert _contents(clone) == _contents(results)
    assert not (first / ".dvc" / "cache").exists()
    model = f"data/models/{VARIANT}/a-to-b.pt"
    assert (first / model).samefile(second / model)
    settings = (second / "params.yaml").read_text()
    (second / "params.yaml").write_text(settings.replace("max_steps: 4", "max_steps: 6"))
    assert stages_run(run(second, "dvc", "repro")) == {f"train@{VARIANT}"}
    assert _contents(second) != _contents(results)
    assert _contents(first) == _contents(results)
