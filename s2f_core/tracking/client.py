"""Runs in MLflow: what was tried, with which parameters, and what came of it.

Every run of this project, also one of ``dvc exp run --temp`` or of the queue, lands in one store
(see :func:`store`). MLflow itself works in a process of its own (:mod:`s2f_core.tracking.process`).

DVC restores a stage's outs from its run cache without running it, possibly on another machine.
Such a restored model names (in ``run_id``) a training run that this store may never have seen, so
:func:`evaluation_run` makes do without it.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from s2f_core.common.errors import UserError
from s2f_core.tracking.process import Process

SQLITE = "sqlite:///"
FLUSH_SECONDS = 5.0  # a flush costs about 15 ms, however few values it holds
POINTS = 1000  # the most that one request may hold
BACKFILLED = "backfilled"  # tag of a run that was made afterwards, from what DVC keeps
FROM_DVC = ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "DVC_STAGE")

log = logging.getLogger(__name__)
_mlflow = Process()


def root() -> Path:
    """The project's folder; in DVC's temporary copies of it, the folder they were copied from.

    DVC sets ``DVC_ROOT`` for every stage. With ``--temp`` and in the queue the stage runs in
    ``.dvc/tmp/exps/…`` while ``DVC_ROOT`` still names the original repository.
    """
    if given := os.environ.get("DVC_ROOT"):
        return Path(given).absolute()
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".dvc").is_dir()), here)


def store() -> str:
    """MLflow's tracking URI: ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in :func:`root`.

    A relative sqlite path is taken from :func:`root`, not from the working directory, which is
    deleted after a ``--temp`` run.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}mlflow.db"
    if uri.startswith(SQLITE):
        return f"{SQLITE}{root() / uri.removeprefix(SQLITE)}"
    return uri


def begin() -> None:
    """Have MLflow imported and the store opened while the caller imports what it needs itself.

    Opening a run does it too, and then waits for it.
    """
    _mlflow.start(store())


class Run:
    """One open run. What is logged is gathered, and written beside the work that goes on.

    A store that is busy, slow or away for a time delays and ends nothing: values and tags wait, are
    tried again, and have to land when the run ends.
    """

    def __init__(self, run_id: str, logged: Mapping[str, int] | None = None) -> None:
        self.id = run_id
        self._store = store()
        self._logged = dict(logged or {})  # the last step of each value that a resumed run holds
        self._waiting: list[tuple[str, float, int, int, str | None]] = []
        self._tags: dict[str, str] = {}
        self._flushed = time.monotonic()
        self._writer = threading.Thread()

    def _ask(self, method: str, *arguments: object) -> Any:
        return _mlflow.ask(self._store, method, self.id, *arguments)

    def log(self, step: int, values: Mapping[str, float], model: str | None = None) -> None:
        """Record named values at a step; what a resumed run already holds is left as it is.

        NaN is kept; MLflow stores an infinity as the largest float of that sign. ``model``: the id
        of the registered model that the values are also of.
        """
        now = int(time.time() * 1000)
        self._waiting += [
            (name, float(value), now, step, model)
            for name, value in values.items()
            if step > self._logged.get(name, -1)
        ]
        if time.monotonic() - self._flushed > FLUSH_SECONDS and not self._writer.is_alive():
            self._writer = threading.Thread(target=self._try, daemon=True)
            self._writer.start()

    def tag(self, name: str, value: str) -> None:
        """Set a tag of the run, with the next values that are written."""
        self._tags[name] = value

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Copy a file, or a folder with all in it, to the run's artifacts.

        Raises UserError where there is nothing at ``path``.
        """
        path = path.absolute()
        if not path.exists():
            raise UserError(f"{path} does not exist: nothing to keep with the run")
        self._ask("keep", str(path), folder)

    def inputs(self, context: str, datasets: Sequence[Mapping[str, str]]) -> None:
        """Say which data the run used, in a ``context`` such as "training"."""
        self._ask("inputs", context, datasets)

    def register(self, name: str, folder: Path, loader: str, tags: Mapping[str, str]) -> str:
        """Keep the model packed in ``folder/data`` as the newest version under ``name``; its id.

        ``loader`` is the module that reads it. A version of the very same files is not made twice.
        The folder is filled with more.
        """
        model: str = self._ask("register", name, str(folder.absolute()), loader, dict(tags))
        return model

    def flush(self) -> None:
        """Write what waits; raises UserError where the store cannot take it now."""
        if self._writer.is_alive():
            self._writer.join()
        self._write()

    def _try(self) -> None:
        """Write what waits, or leave it for later."""
        try:
            self._write()
        except (UserError, RuntimeError) as error:
            # Another process may hold the database for long, a server be restarted, this one's own
            # process have been killed: days of training should survive it.
            log.warning(
                "MLflow cannot be written to, %d values wait: %s", len(self._waiting), error
            )

    def _write(self) -> None:
        self._flushed = time.monotonic()
        while self._waiting:
            part = self._waiting[:POINTS]
            self._ask("log", part)
            del self._waiting[: len(part)]
        while self._tags:
            name = next(iter(self._tags))
            value = self._tags[name]
            self._ask("describe", {}, {name: value})
            if self._tags[name] == value:
                del self._tags[name]

    def end(self, status: str) -> None:
        """Write what waits, then MLflow's status of the run."""
        try:
            self.flush()
        finally:
            self._ask("end", status)


class NullRun:
    """What a process that keeps no record has in place of a :class:`Run`: it takes nothing."""

    id = ""

    def log(self, step: int, values: Mapping[str, float], model: str | None = None) -> None:
        """Take values."""

    def tag(self, name: str, value: str) -> None:
        """Take a tag."""


@contextmanager
def training_run(
    name: str,
    params: Mapping[str, object],
    tags: Mapping[str, str],
    resume: str | None = None,
    seconds: float = 0.0,
) -> Iterator[Run]:
    """Open the run that one training writes to, or go on with the one it began.

    Nested ``params`` are flattened with dots. The run ends as FINISHED, as KILLED on Ctrl-C or
    SIGTERM, and as FAILED on any other exception. A run to resume that the store does not hold
    (deleted, or begun on another machine) is begun anew and tagged ``restored``, as if so many
    ``seconds`` ago.

    Raises UserError where a resumed run was begun with other parameters: MLflow never changes one.
    """
    described = dict(_flatten(params)), {**_origin(tags), **tags}
    run = Run(*_mlflow.ask(store(), "begin_training", resume, name, *described, seconds))
    with _status(run):
        yield run


@contextmanager
def evaluation_run(
    training: str, name: str, variant: str, tags: Mapping[str, str]
) -> Iterator[Run]:
    """Open the run that the figures of one evaluation belong to.

    ``training`` is the id of the run in which ``variant`` was trained. Where ``name`` is the
    variant's own, that very run is written to and its status left alone. Otherwise the figures
    go to a child of it, the same child each time. Where DVC restored the model from its cache
    and the store holds no such training, a run tagged ``restored`` takes its place, again the
    same one each time.
    """
    described = variant, dict(tags), _origin(tags)
    run_id, to_end = _mlflow.ask(store(), "begin_evaluation", training, name, *described)
    run = Run(run_id)
    if not to_end:
        try:
            yield run
        finally:
            run.flush()
        return
    with _status(run):
        yield run


def held(training: str, name: str, variant: str) -> list[str]:
    """Names of the values that the store has of an evaluation, or of a training and its own.

    The runs are those that :func:`training_run` and :func:`evaluation_run` go on with.
    """
    names: list[str] = _mlflow.ask(store(), "held", training, name, variant)
    return names


@contextmanager
def _status(run: Run) -> Iterator[None]:
    """End the run with the status that tells how the block ended."""

    def stop(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)  # unwinds the stack, so that what is open gets closed

    main = threading.current_thread() is threading.main_thread()  # only it may set handlers
    before = signal.signal(signal.SIGTERM, stop) if main else None
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
        run.end(status)


def _origin(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags that say which experiment, stage and commit a run comes from; of an old one, none."""
    if BACKFILLED in tags:
        return {}
    found = {name: os.environ[name] for name in FROM_DVC if os.environ.get(name)}
    try:
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit yet
        return found
    return {**found, "mlflow.source.git.commit": head.stdout.strip()}


def _flatten(params: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted keys and values as YAML would write them."""
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{prefix}{key}", text
