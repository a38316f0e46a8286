"""Kills a stage of a finished clone, runs it again, and compares what came of it."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
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

ELSEWHERE = {".dvc", ".git", "mlartifacts", "__pycache__"}  # of a clone, not the stages' outputs
CLOCK = {"seconds", "minutes", "images_per_second"}  # keys of training.json
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # the same sums in the same order in every run
FETCHED = "assets"  # in the cache, what no stage computes

Prints = dict[str, str]


@dataclass(frozen=True)
class Stage:
    """A stage as ``dvc.lock`` has it: the words after ``python -m``, and what it writes."""

    name: str
    module: str
    arguments: tuple[str, ...]
    outs: tuple[Path, ...]


@dataclass(frozen=True)
class Kill:
    """One of them: ``at`` so many of a stage's ``of`` seconds, and what was found.

    ``torn``: outputs that were there after it and were not what they had to be. ``state``: whether
    there was an unfinished training to go on with. ``lock``: whether DVC was writing ``dvc.lock``,
    which had then to be taken from git. ``lost``: files that differ after the next run, are
    missing, or should not be there.
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
    """A finished clone, and what its stages take to run."""

    clone: Path
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cache = private_cache(self.clone)
        self.lock = (self.clone / "dvc.lock").read_text()
        self.kept = self.clone.with_name(f"{self.clone.name}.kept")
        self.there = set(self.files())
        self.log = self.clone.with_name(f"{self.clone.name}.log")
        self.log.touch()
        shutil.rmtree(self.kept, ignore_errors=True)
        for stage in stages(self.clone):
            for out in stage.outs:
                _copy(self.clone / out, self.kept / out)

    def files(self) -> Iterator[str]:
        """The paths of all that is in the clone and of a stage's making."""
        for path in self.clone.rglob("*"):
            inner = path.relative_to(self.clone)
            if not ELSEWHERE & set(inner.parts) and not inner.name.startswith("mlflow.db"):
                yield str(inner)

    def kill(self, stage: Stage, by: str, share: float) -> Kill | None:
        """Kill a stage after this share of its time and run it again; None if it was faster."""
        start, prepare = self._ways(stage)[by]
        if (stage.name, by) not in self.seconds:
            prepare()
            began = time.monotonic()
            self._end(start(), stage)
            self.seconds[stage.name, by] = time.monotonic() - began
            if lost := self._lost(stage):
                raise AssertionError(f"{stage.name} differs when nobody kills it: {lost}")
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
        self._end(start(), stage)
        kill = Kill(stage.name, by, share * of, of, torn, state, lock, self._lost(stage))
        self._restore(stage)
        return kill

    def _ways(self, stage: Stage) -> dict[str, tuple[Callable[[], int], Callable[[], None]]]:
        """How to start it, which gives the process group, and what comes before the first time."""
        return {
            "stage": (lambda: self._fork(stage), lambda: self._begin(stage)),
            "dvc": (lambda: self._repro(stage), lambda: self._forget(stage)),
        }

    def _fork(self, stage: Stage) -> int:
        pid = os.fork()
        if pid:
            with suppress(PermissionError):  # it has begun, and done so itself
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

    def _end(self, pid: int, stage: Stage) -> None:
        _, status = os.waitpid(pid, 0)
        if status:
            said = self.log.read_text(errors="replace")[-2000:]
            raise AssertionError(f"{stage.name} ended with {status}: {said}")

    def _begin(self, stage: Stage) -> None:
        """As if this stage had never run: nothing of what it computes is in the cache either."""
        self._remove(stage)
        for folder in self.cache.iterdir():
            if folder.name != FETCHED:
                shutil.rmtree(folder)

    def _lock_is_torn(self) -> bool:
        with self.log.open("a") as log:
            asked = [str(BIN / "dvc"), "stage", "list", "--quiet"]
            done = subprocess.run(asked, cwd=self.clone, stdout=log, stderr=log, check=False)
        return done.returncode != 0

    def _remove(self, stage: Stage) -> None:
        """As DVC does before it runs a stage."""
        for out in stage.outs:
            _delete(self.clone / out)

    def _forget(self, stage: Stage) -> None:
        """Have DVC know of no run of this stage."""
        self._begin(stage)
        lock = yaml.safe_load(self.lock)
        del lock["stages"][stage.name]
        (self.clone / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))
        shutil.rmtree(self.clone / ".dvc" / "cache" / "runs", ignore_errors=True)

    def _restore(self, stage: Stage) -> None:
        """Back to what the uninterrupted run left, clock and all."""
        (self.clone / "dvc.lock").write_text(self.lock)
        self._remove(stage)
        for out in stage.outs:
            _copy(self.kept / out, self.clone / out)

    def _torn(self, stage: Stage) -> int:
        found, wanted = self._prints(self.clone, stage), self._prints(self.kept, stage)
        return sum(wanted.get(name) != value for name, value in found.items())

    def _lost(self, stage: Stage) -> list[str]:
        found, wanted = self._prints(self.clone, stage), self._prints(self.kept, stage)
        names = {name for name in found | wanted if found.get(name) != wanted.get(name)}
        return sorted(names | (set(self.files()) ^ self.there))

    def _prints(self, root: Path, stage: Stage) -> Prints:
        return {name: value for out in stage.outs for name, value in prints(root, out).items()}


def prints(root: Path, out: Path) -> Prints:
    """Checksums of an output's files by path, without what no two runs have in common.

    That is the id of a training's run in MLflow, and its times.
    """
    place = root / out
    paths = place.rglob("*") if place.is_dir() else [place]
    return {str(path.relative_to(root)): _print(path) for path in paths if path.is_file()}


def _print(path: Path) -> str:
    content = path.read_bytes()
    if path.name == "run_id" and content:
        content = b"a run"
    if path.name == "training.json":
        try:
            told = json.loads(content)
        except ValueError:
            return "not JSON"
        content = json.dumps({k: v for k, v in told.items() if k not in CLOCK}).encode()
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
    """The stages of ``dvc.lock`` whose outputs are there: it is the project's, of more variants."""
    lock = yaml.safe_load((clone / "dvc.lock").read_text())["stages"]
    found = []
    for name, entry in lock.items():
        _python, _m, module, *arguments = entry["cmd"].split()
        outs = tuple(Path(out["path"]) for out in entry["outs"])
        if all((clone / out).exists() for out in outs):
            found.append(Stage(name, module, tuple(arguments), outs))
    return found


def environment(clone: Path) -> dict[str, str]:
    """What a clone's stages run in: nothing of the user's, a cache of their own, one thread."""
    return clean_environment() | ONE_THREAD | {"S2F_CACHE": str(private_cache(clone))}


def private_cache(clone: Path) -> Path:
    """A cache beside the clone, which has what the user's has fetched, as links."""
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
    except OSError:  # of another disk
        shutil.copyfile(source, target)
