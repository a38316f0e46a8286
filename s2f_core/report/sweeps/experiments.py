"""DVC's experiments: their parameters, metrics and states, from ``dvc exp show --json``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from s2f_core.common.config import FILE
from s2f_core.common.errors import UserError

WORKSPACE = "workspace"
QUEUES = ("refs/exps/celery/stash", "refs/exps/celery/failed")
DONE = ("done", "committed", WORKSPACE)


class _Record(BaseModel):
    """A part of DVC's answer: checked for what is used here, free to hold more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _File(_Record):
    data: Any = None  # absent where the file could not be read


class _Data(_Record):
    params: dict[str, _File] | None = None
    metrics: dict[str, _File] | None = None


class _Revision(_Record):
    rev: str
    name: str | None = None
    data: _Data | None = None
    error: Any = None


class _Executor(_Record):
    state: str | None = None


class _Range(_Record):
    name: str | None = None
    revs: list[_Revision] | None = None
    executor: _Executor | None = None


class _Commit(_Revision):
    experiments: list[_Range] | None = None


@dataclass(frozen=True)
class Experiment:
    """An experiment, or a commit that some start from, or the workspace.

    ``params`` and ``metrics`` by the dotted names of their leaves, those of other files than
    params.yaml after the file's name and a colon. ``state`` is done, queued, running or failed;
    committed of a commit; workspace. ``baseline`` names the commit that it starts from. What is not
    done has no metrics: DVC repeats its commit's.
    """

    name: str
    state: str
    baseline: str
    params: Mapping[str, Any]
    metrics: Mapping[tuple[str, str], float]

    @property
    def done(self) -> bool:
        """Whether its metrics are its own."""
        return self.state in DONE

    @property
    def command(self) -> str:
        """What to do with it; nothing of a commit or the workspace."""
        commands = {
            "done": f"dvc exp apply {self.name}",
            "queued": "dvc queue start",
            "running": f"dvc queue logs {self.name}",
            "failed": f"dvc queue logs {self.name}",
        }
        return commands.get(self.state, "")


def read(root: Path) -> list[Experiment]:
    """The experiments of the project at ``root``, from whichever commit they start.

    Raises UserError where DVC cannot tell.
    """
    revisions = dict.fromkeys(["HEAD", *_baselines(root)])
    chosen = [word for revision in revisions for word in ("--rev", revision)]
    return parse(_run(root, sys.executable, "-m", "dvc", "exp", "show", "--json", *chosen))


def _baselines(root: Path) -> Iterator[str]:
    """The commits that experiments start from, by the names under which DVC keeps them."""
    for line in _run(root, "git", "for-each-ref", "--format=%(refname)", "refs/exps").splitlines():
        parts = line.split("/")  # refs/exps/0a/1b2c…/NAME
        if len(parts) == 5 and len(parts[2] + parts[3]) == 40:
            yield parts[2] + parts[3]
        elif line in QUEUES:  # each entry's message is dvc-exp:START:BASELINE:NAME
            for message in _run(root, "git", "log", "-g", "--format=%gs", line).splitlines():
                told = message.removeprefix("commit: ").split(":")
                if told[0] == "dvc-exp" and len(told) > 2:
                    yield told[2]


def _run(root: Path, *command: str) -> str:
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"{command[0]} cannot be run: {error}") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        reason = next((line for line in said if line.startswith("ERROR")), said[-1])
        if "/exps/run/" in reason:  # dvc's own list is broken until the task is removed
            reason += "; a worker was killed: see dvc queue status, then dvc queue remove NAME"
        raise UserError(f"{' '.join(command[:6])} failed in {root.absolute()}: {reason}")
    return done.stdout


def parse(text: str) -> list[Experiment]:
    """The experiments in DVC's answer, each after the commit that it starts from.

    The workspace is left out where it has no metrics, or equals a commit. Raises UserError for an
    answer that is none.
    """
    try:
        commits = TypeAdapter(list[_Commit]).validate_python(json.loads(text))
    except (ValueError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise UserError(f"dvc exp show --json gave what is not understood: {first}") from None
    head = next((_short(commit) for commit in commits if commit.rev != WORKSPACE), WORKSPACE)
    found: list[Experiment] = []
    for commit in commits:
        if commit.rev == WORKSPACE:
            found.append(_experiment(commit, WORKSPACE, WORKSPACE, head))
            continue
        found.append(_experiment(commit, _short(commit), "committed", _short(commit)))
        for one in commit.experiments or []:
            if one.revs:
                last = one.revs[0]
                name = one.name or _short(last)
                found.append(_experiment(last, name, _state(one, last), _short(commit)))
    known = [(one.params, one.metrics) for one in found if one.state == "committed"]
    return [
        one
        for one in found
        if one.state != WORKSPACE or (one.metrics and (one.params, one.metrics) not in known)
    ]


def _short(revision: _Revision) -> str:
    return revision.name or revision.rev[:7]


def _state(one: _Range, last: _Revision) -> str:
    state = (one.executor.state if one.executor else None) or "done"
    if last.error or state == "failed":
        return "failed"
    return state if state in ("queued", "running") else "done"


def _experiment(last: _Revision, name: str, state: str, baseline: str) -> Experiment:
    data = last.data or _Data()
    params = {
        leaf if file == FILE.name else f"{file}:{leaf}": value
        for file, held in (data.params or {}).items()
        for leaf, value in _leaves(held.data)
    }
    metrics = {
        (Path(file).stem, leaf): float(value)
        for file, held in (data.metrics or {}).items()
        for leaf, value in _leaves(held.data)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and state in DONE
    }
    return Experiment(name, state, baseline, params, metrics)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted names and values of what is no mapping; a list is one value."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(below, f"{name}.{key}" if name else str(key))
    elif name:
        yield name, value


def changed(one: Experiment, experiments: Sequence[Experiment]) -> set[str]:
    """The parameters in which an experiment differs from the commit that it starts from."""
    before = next(
        (
            other.params
            for other in experiments
            if other.state == "committed" and other.name == one.baseline
        ),
        one.params,
    )
    return {name for name in {*before, *one.params} if before.get(name) != one.params.get(name)}


def swept(experiments: Sequence[Experiment]) -> list[str]:
    """The parameters that experiments changed, most often changed first.

    That commits differ among themselves, or the workspace from them, does not count.
    """
    counts = Counter(
        name
        for one in experiments
        if one.state not in ("committed", WORKSPACE)
        for name in changed(one, experiments)
    )
    return sorted(counts, key=lambda name: (-counts[name], name))
