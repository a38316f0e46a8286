"""What one clone pushes, another pulls over SSH, by docs/how-to/several-machines.md."""

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
from clones import BIN, POINTS, clean_environment, git, points_clone, ran, run
from doc_blocks import named_blocks, parse_commands

PAGE = "how-to/several-machines.md"
VARIANT = POINTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
pytest.importorskip("dvc_ssh", reason="no dvc-ssh: pip install 's2f[remote]'")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with one trained variant of generated points, all committed."""
    clone = points_clone(tmp_path_factory.mktemp("first") / "s2f")
    assert f"train@{VARIANT}" in ran(run(clone, "dvc", "repro"))
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
    """Both know the remote, which is empty, and have their credentials; the server is off."""
    server = servers.ssh_server(tmp_path / "ssh")
    made = Team(tmp_path / "first", tmp_path / "second", server, tmp_path / "store")
    _clone(results, made.first)
    shutil.copytree(results / ".dvc" / "cache", made.first / ".dvc" / "cache")
    address = f"127.0.0.1:{made.server.port}{made.store}"
    _do(made.first, "name", {"data.example.org/srv/s2f": address})
    _clone(made.first, made.second)
    me = {"user me": f"user {getpass.getuser()}", "~/.ssh/id_ed25519": tmp_path / "ssh" / "key"}
    for clone in (made.first, made.second):
        _do(clone, "credentials", me)
    return made


def _clone(source: Path, folder: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", source, folder], check=True)
    git(folder, "config", "user.name", "A Tester")
    git(folder, "config", "user.email", "tester@example.org")


def _do(clone: Path, block: str, here: dict[str, object] | None = None) -> str:
    """What the commands of one block of the page print, with what there is ``here``."""
    printed = []
    for command in parse_commands(named_blocks(PAGE, "console")[block], here or {}):
        if command[0] == "git":
            git(clone, *command[1:])
        else:
            printed.append(run(clone, *command))
    return "".join(printed)


def _contents(clone: Path) -> dict[str, str]:
    """Checksums of all that the pipeline made, by path."""
    tables = [path for path in (clone / "data").rglob("*") if path.is_file()]
    found = [*tables, *(clone / "metrics").rglob("*.csv")]
    return {
        str(path.relative_to(clone)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
    }


def test_what_one_pushes_another_pulls(team: Team, results: Path) -> None:
    """Nothing is computed there, and MLflow gets its runs."""
    with team.server.running():
        _do(team.first, "push")
        printed = _do(team.second, "pull")
    assert "Data and pipelines are up to date" in printed
    assert f"{VARIANT}: the training of" in printed
    assert _contents(team.second) == _contents(results)
    assert ran(run(team.second, "dvc", "repro")) == set()


def test_no_credential_is_in_git(team: Team) -> None:
    """The address is, in a file that git keeps; user and key are in one that it ignores."""
    git(team.second, "diff", "--quiet", "HEAD")
    git(team.second, "grep", "--quiet", f"127.0.0.1:{team.server.port}", "--", ".dvc/config")
    assert "keyfile" in (team.second / ".dvc" / "config.local").read_text()
    with pytest.raises(subprocess.CalledProcessError):
        git(team.second, "ls-files", "--error-unmatch", ".dvc/config.local")


def test_what_ran_before_comes_too(team: Team, results: Path) -> None:
    """With the run cache no stage runs again, even where nothing says what came of it."""
    with team.server.running():
        _do(team.first, "push")
        _do(team.second, "pull")
    (team.second / "dvc.lock").unlink()
    shutil.rmtree(team.second / "data" / "models")
    printed = run(team.second, "dvc", "repro")
    assert ran(printed) == set()
    assert f"Stage 'train@{VARIANT}' is cached" in printed
    assert _contents(team.second) == _contents(results)


def test_a_push_that_was_cut_off_is_repeated(team: Team, results: Path) -> None:
    """The server dies on the way: an error; the second push brings what is missing."""
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
        printed, _ = push.communicate()
    assert push.returncode != 0
    assert "ERROR" in printed
    with team.server.running():
        run(team.first, "dvc", "push")
        run(team.second, "dvc", "pull")
    assert "Data and pipelines are up to date" in run(team.second, "dvc", "status")
    assert _contents(team.second) == _contents(results)


def test_clones_on_one_disk_share_a_cache(results: Path, tmp_path: Path) -> None:
    """All is there as links, and a stage that runs again leaves the other clone's as they were."""
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
    assert ran(run(second, "dvc", "repro")) == {f"train@{VARIANT}"}
    assert _contents(second) != _contents(results)
    assert _contents(first) == _contents(results)
