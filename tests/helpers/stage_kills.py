"""Kill a stage of a finished clone, run it again, and compare the outputs."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from clones import BIN, clean_environment, git
from platformdirs import user_cache_dir

NOT_OUTPUTS = {".dvc", ".git", "mlartifacts", "__pycache__"}  # folders of a clone
CLOCK = {"seconds", "minutes", "images_per_second"}  # keys of training.json
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # the same sums in the same order in every run
FETCHED = "assets"  # folder of the cache with downloads

Checksums = dict[str, str]  # by path


@dataclass(frozen=True)
class Stage:
    """A stage of ``dvc.lock``: its module, arguments and outputs."""

    name: str
    module: str
    arguments: tuple[str, ...]
    outs: tuple[Path, ...]


@dataclass(frozen=True)
class Kill:
    """A kill after ``at`` of a stage's ``of`` seconds, and its effects.

    ``torn`` is the number of wrong outputs after the kill, ``state`` whether there was an
    unfinished training to resume. ``lock`` is whether DVC was writing ``dvc.lock``, which is then
    restored from git. ``lost`` lists the files that differ, are missing or are left over after the
    next run.
    """

    stage: str
    by: str
    at: float
    of: float
    torn: int
    state: bool
    lock: bool
    lost: list[str]


@dataclass
class Drill:
    """A finished clone, and the seconds of its stages."""

    clone: Path
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cache = private_cache(self.clone)
        self.lock = (self.clone / "dvc.lock").read_text()
        self.originals = self.clone.with_name(f"{self.clone.name}.kept")
        self.paths = set(self.files())
        self.log = self.clone.with_name(f"{self.clone.name}.log")
        self.log.touch()
        shutil.rmtree(self.originals, ignore_errors=True)
        for stage in stages(self.clone):
            for out in stage.outs:
                _copy(self.clone / out, self.originals / out)

    def files(self) -> Iterator[str]:
        """Yield the paths of the stages' outputs in the clone."""
        for path in self.clone.rglob("*"):
            inner = path.relative_to(self.clone)
            if not NOT_OUTPUTS & set(inner.parts) and not inner.name.startswith("mlflow.db"):
                yield str(inner)

    def kill(self, stage: Stage, by: str, share: float) -> Kill | None:
        """Kill a stage after this share of its time and run it again; None if it ended before."""
        start, prepare = self._launchers(stage)[by]
        if (stage.name, by) not in self.seconds:
            prepare()
            began = time.monotonic()
            self._wait(start(), stage)
            self.seconds[stage.name, by] = time.monotonic() - began
            if lost := self._lost(stage):
                raise AssertionError(f"{stage.name} differs without a kill: {lost}")
        of = self.seconds[stage.name, by]
        prepare()
        pid = start()
        time.sleep(share * of)
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return None
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        torn = self._torn(stage)
        state = any((self.clone / ".s2f" / "training").glob("*.pt"))
        if by == "stage":
            self._remove(stage)
        if lock := by == "dvc" and self._lock_is_torn():
            git(self.clone, "checkout", "--quiet", "dvc.lock")
        self._wait(start(), stage)
        kill = Kill(stage.name, by, share * of, of, torn, state, lock, self._lost(stage))
        self._restore(stage)
        return kill

    def _launchers(self, stage: Stage) -> dict[str, tuple[Callable[[], int], Callable[[], None]]]:
        """Return, by kind of run, a function that starts it and one that prepares the first run."""
        return {
            "stage": (lambda: self._fork(stage), lambda: self._reset(stage)),
            "dvc": (lambda: self._repro(stage), lambda: self._forget(stage)),
        }

    def _fork(self, stage: Stage) -> int:
        pid = os.fork()
        if pid:
            with suppress(PermissionError):  # the child did so itself
                os.setpgid(pid, pid)
            return pid
        status = 1
        try:
            os.setpgid(0, 0)
            os.chdir(self.clone)
            with self.log.open("a") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            module = importlib.import_module(stage.module)
            getattr(module, stage.module.rpartition(".")[2])(*stage.arguments)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def _repro(self, stage: Stage) -> int:
        with self.log.open("a") as log:
            return subprocess.Popen(
                [BIN / "dvc", "repro", "--single-item", stage.name],
                cwd=self.clone,
                env=environment(self.clone),
                stdout=log,
                stderr=log,
                start_new_session=True,
            ).pid

    def _wait(self, pid: int, stage: Stage) -> None:
        _, status = os.waitpid(pid, 0)
        if status:
            output = self.log.read_text(errors="replace")[-2000:]
            raise AssertionError(f"{stage.name} ended with {status}: {output}")

    def _reset(self, stage: Stage) -> None:
        """Remove the outputs and caches of a stage, as if it had never run."""
        self._remove(stage)
        for folder in self.cache.iterdir():
            if folder.name != FETCHED:
                shutil.rmtree(folder)

    def _lock_is_torn(self) -> bool:
        with self.log.open("a") as log:
            command = [str(BIN / "dvc"), "stage", "list", "--quiet"]
            process = subprocess.run(command, cwd=self.clone, stdout=log, stderr=log, check=False)
        return process.returncode != 0

    def _remove(self, stage: Stage) -> None:
        """Remove the outputs, as DVC does before it runs a stage."""
        for out in stage.outs:
            _delete(self.clone / out)

    def _forget(self, stage: Stage) -> None:
        """Remove the runs of a stage from DVC's lock file and run cache."""
        self._reset(stage)
        lock = yaml.safe_load(self.lock)
        del lock["stages"][stage.name]
        (self.clone / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))
        shutil.rmtree(self.clone / ".dvc" / "cache" / "runs", ignore_errors=True)

    def _restore(self, stage: Stage) -> None:
        """Restore the outputs of the uninterrupted run."""
        (self.clone / "dvc.lock").write_text(self.lock)
        self._remove(stage)
        for out in stage.outs:
            _copy(self.originals / out, self.clone / out)

    def _torn(self, stage: Stage) -> int:
        actual, expected = (
            self._checksums(self.clone, stage),
            self._checksums(self.originals, stage),
        )
        return sum(expected.get(name) != value for name, value in actual.items())

    def _lost(self, stage: Stage) -> list[str]:
        actual, expected = (
            self._checksums(self.clone, stage),
            self._checksums(self.originals, stage),
        )
        names = {name for name in actual | expected if actual.get(name) != expected.get(name)}
        return sorted(names | (set(self.files()) ^ self.paths))

    def _checksums(self, root: Path, stage: Stage) -> Checksums:
        return {name: value for out in stage.outs for name, value in checksums(root, out).items()}


def checksums(root: Path, out: Path) -> Checksums:
    """Return the checksums of an output's files by path.

    The id of a training's MLflow run and its times are left out: they differ between runs.
    """
    place = root / out
    paths = place.rglob("*") if place.is_dir() else [place]
    return {str(path.relative_to(root)): _checksum(path) for path in paths if path.is_file()}


def _checksum(path: Path) -> str:
    content = path.read_bytes()
    if path.name == "run_id" and content:
        content = b"a run"
    if path.name == "training.json":
        try:
            summary = json.loads(content)
        except ValueError:
            return "not JSON"
        content = json.dumps({k: v for k, v in summary.items() if k not in CLOCK}).encode()
    return hashlib.sha256(content).hexdigest()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def stages(clone: Path) -> list[Stage]:
    """Return the stages of ``dvc.lock`` whose outputs are on disk."""
    lock = yaml.safe_load((clone / "dvc.lock").read_text())["stages"]
    finished = []
    for name, entry in lock.items():
        _python, _m, module, *rest = shlex.split(entry["cmd"])
        arguments = [each for each in rest if each != "--"]
        outs = tuple(Path(out["path"]) for out in entry["outs"])
        if all((clone / out).exists() for out in outs):
            finished.append(Stage(name, module, tuple(arguments), outs))
    return finished


def environment(clone: Path) -> dict[str, str]:
    """Return the environment of a clone's stages: no user settings, a private cache, one thread."""
    return clean_environment() | ONE_THREAD | {"S2F_CACHE": str(private_cache(clone))}


def private_cache(clone: Path) -> Path:
    """Make a cache beside the clone, with links to the downloads of the user's cache."""
    place = clone.with_name(f"{clone.name}.cache")
    if not place.exists():
        fetched = Path(os.environ.get("S2F_CACHE") or user_cache_dir("s2f")) / FETCHED
        (place / FETCHED).mkdir(parents=True)
        for file in fetched.iterdir() if fetched.is_dir() else ():
            if file.is_file() and not file.name.endswith((".lock", ".part")):
                _link(file, place / FETCHED / file.name)
    return place


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # on another disk
        shutil.copyfile(source, target)
