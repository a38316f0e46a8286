"""Read DVC's experiments with parameters, metrics and states from ``dvc exp show --json``."""

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

from s2f_core.common.config import PARAMS_FILE
from s2f_core.common.errors import UserError

WORKSPACE, COMMITTED = "workspace", "committed"
QUEUES = ("refs/exps/celery/stash", "refs/exps/celery/failed")
DONE = ("done", COMMITTED, WORKSPACE)


class _Record(BaseModel):
    """A part of DVC's output; keys that are not used here are ignored."""

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
    """An experiment, a commit that experiments start from, or the workspace.

    ``params`` has dotted names; a parameter of another file than params.yaml is FILE:NAME.
    ``metrics`` is keyed by the translation and the score, or by the file's stem where the file has
    no translations. ``state`` is done, queued, running
    or failed for an experiment, "committed" for a commit and "workspace" for the workspace.
    ``baseline`` names the commit that it starts from. An experiment that is not done has no
    metrics: DVC would repeat those of its commit.
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
        """The command that continues with it; empty for a commit and the workspace."""
        commands = {
            "done": f"dvc exp apply {self.name}",
            "queued": "dvc queue start",
            "running": f"dvc queue logs {self.name}",
            "failed": f"dvc queue logs {self.name}",
        }
        return commands.get(self.state, "")


def read_experiments(root: Path) -> list[Experiment]:
    """Read all experiments of the project at ``root``, whichever commit they start from.

    Raises UserError if git or DVC fails.
    """
    revisions = dict.fromkeys(["HEAD", *_baselines(root)])
    options = [word for revision in revisions for word in ("--rev", revision)]
    return parse(_run(root, sys.executable, "-m", "dvc", "exp", "show", "--json", *options))


def _baselines(root: Path) -> Iterator[str]:
    """Yield the commits that experiments start from, out of the refs that DVC keeps."""
    for line in _run(root, "git", "for-each-ref", "--format=%(refname)", "refs/exps").splitlines():
        parts = line.split("/")  # refs/exps/0a/1b2c…/NAME
        if len(parts) == 5 and len(parts[2] + parts[3]) == 40:
            yield parts[2] + parts[3]
        elif line in QUEUES:  # each entry's message is dvc-exp:START:BASELINE:NAME
            for message in _run(root, "git", "log", "-g", "--format=%gs", line).splitlines():
                fields = message.removeprefix("commit: ").split(":")
                if fields[0] == "dvc-exp" and len(fields) > 2:
                    yield fields[2]


def _run(root: Path, *command: str) -> str:
    try:
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"{command[0]} cannot be run: {error}") from None
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.strip()] or ["no reason given"]
        reason = next((line for line in lines if line.startswith("ERROR")), lines[-1])
        if "/exps/run/" in reason:  # dvc's own list is broken until the task is removed
            reason += "; a worker was killed: see dvc queue status, then dvc queue remove NAME"
        raise UserError(f"{' '.join(command[:6])} failed in {root.absolute()}: {reason}")
    return result.stdout


def parse(text: str) -> list[Experiment]:
    """Parse DVC's output into experiments, each after the commit that it starts from.

    A workspace without metrics, or equal to a commit, is left out. Raises UserError if the text is
    malformed.
    """
    try:
        commits = TypeAdapter(list[_Commit]).validate_python(json.loads(text))
    except (ValueError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise UserError(f"the output of dvc exp show --json is malformed: {first}") from None
    head = next((_short(commit) for commit in commits if commit.rev != WORKSPACE), WORKSPACE)
    experiments: list[Experiment] = []
    for commit in commits:
        if commit.rev == WORKSPACE:
            experiments.append(_experiment(commit, WORKSPACE, WORKSPACE, head))
            continue
        experiments.append(_experiment(commit, _short(commit), COMMITTED, _short(commit)))
        for item in commit.experiments or []:
            if item.revs:
                last = item.revs[0]
                name = item.name or _short(last)
                experiments.append(_experiment(last, name, _state(item, last), _short(commit)))
    committed = [(each.params, each.metrics) for each in experiments if each.state == COMMITTED]
    return [
        each
        for each in experiments
        if each.state != WORKSPACE
        or (each.metrics and (each.params, each.metrics) not in committed)
    ]


def _short(revision: _Revision) -> str:
    return revision.name or revision.rev[:7]


def _state(item: _Range, last: _Revision) -> str:
    state = (item.executor.state if item.executor else None) or "done"
    if last.error or state == "failed":
        return "failed"
    return state if state in ("queued", "running") else "done"


def _experiment(last: _Revision, name: str, state: str, baseline: str) -> Experiment:
    data = last.data or _Data()
    params = {
        leaf if file == PARAMS_FILE.name else f"{file}:{leaf}": value
        for file, content in (data.params or {}).items()
        for leaf, value in _leaves(content.data)
    }
    metrics = {
        _metric(file, leaf): float(value)
        for file, content in (data.metrics or {}).items()
        for leaf, value in _leaves(content.data)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and state in DONE
    }
    return Experiment(name, state, baseline, params, metrics)


def _metric(file: str, leaf: str) -> tuple[str, str]:
    group, _, score = leaf.partition(".")
    return (group, score) if score else (Path(file).stem, leaf)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted names and values of the leaves; a list is a leaf."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, f"{name}.{key}" if name else str(key))
    elif name:
        yield name, value


def changed_params(experiment: Experiment, experiments: Sequence[Experiment]) -> set[str]:
    """Return the parameters in which an experiment differs from the commit that it starts from."""
    params = experiment.params
    before = next(
        (
            other.params
            for other in experiments
            if other.state == COMMITTED and other.name == experiment.baseline
        ),
        params,
    )
    return {name for name in {*before, *params} if before.get(name) != params.get(name)}


def swept_params(experiments: Sequence[Experiment]) -> list[str]:
    """Return the parameters that experiments changed, most often changed first.

    Differences between commits, or between a commit and the workspace, do not count.
    """
    counts = Counter(
        name
        for experiment in experiments
        if experiment.state not in (COMMITTED, WORKSPACE)
        for name in changed_params(experiment, experiments)
    )
    return sorted(counts, key=lambda name: (-counts[name], name))
