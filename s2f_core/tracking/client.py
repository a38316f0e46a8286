"""Runs in MLflow: parameters, metrics, artifacts and registered models.

All runs of this project go to one store, also those of ``dvc exp run --temp`` and of the queue (see
:func:`store_uri`). MLflow itself runs in a separate process (:mod:`s2f_core.tracking.process`).

DVC restores a stage's outs from its run cache without running the stage, possibly on another
machine. The ``run_id`` of a restored model may name a training run that this store does not hold.
:func:`evaluation_run` works without that run.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from s2f_core.common.errors import UserError
from s2f_core.common.signals import exit_on_signals
from s2f_core.tracking.process import BusyError, StoreProcess
from s2f_core.tracking.run_tags import flatten, origin_tags
from s2f_core.tracking.store_check import SQLITE

FLUSH_SECONDS = 5.0  # a flush costs about 15 ms, however few values it holds
MAX_POINTS = 1000  # MLflow's limit for one request
RUN_AGAIN = "Nothing is lost: run the stage again, and it logs what is missing"

log = logging.getLogger(__name__)
_mlflow = StoreProcess()


def project_root() -> Path:
    """Return the project's folder; in DVC's temporary copies, the original repository.

    DVC sets ``DVC_ROOT`` for every stage. With ``--temp`` and in the queue the stage runs in
    ``.dvc/tmp/exps/…`` while ``DVC_ROOT`` still names the original repository.
    """
    if dvc_root := os.environ.get("DVC_ROOT"):
        return Path(dvc_root).absolute()
    current = Path.cwd()
    folders = (current, *current.parents)
    return next((folder for folder in folders if (folder / ".dvc").is_dir()), current)


def store_uri() -> str:
    """Return the tracking URI: ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the project's folder.

    A relative sqlite path starts at :func:`project_root`, not at the working directory, which DVC
    deletes after a ``--temp`` run.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}mlflow.db"
    if uri.startswith(SQLITE):
        return f"{SQLITE}{project_root() / uri.removeprefix(SQLITE)}"
    return uri


def preload_mlflow() -> None:
    """Start to import MLflow and to open the store, and return at once.

    Opening a run does the same if this was not called, and waits for it.
    """
    _mlflow.start(store_uri())


class Run:
    """One open run. A background thread writes logged values in batches.

    A busy, slow or unreachable store does not delay or end the training: values and tags stay in
    memory and are tried again. The end of the run writes the rest, or raises UserError.
    """

    def __init__(self, run_id: str, last_steps: Mapping[str, int] | None = None) -> None:
        self.id = run_id
        self._store = store_uri()
        self._last_steps = dict(last_steps or {})  # by metric, of a resumed run
        self._pending: list[tuple[str, float, int, int, str | None]] = []
        self._tags: dict[str, str] = {}
        self._flushed = time.monotonic()
        self._writer = threading.Thread()

    def _request(self, method: str, *arguments: object) -> Any:
        return _mlflow.call(self._store, method, self.id, *arguments)

    def log(self, step: int, values: Mapping[str, float], model: str | None = None) -> None:
        """Record named values at a step, except those that a resumed run already holds.

        NaN and infinities are no values and are left out. ``model`` is the id of a registered model
        that gets the values too.
        """
        now = int(time.time() * 1000)
        self._pending += [
            (name, float(value), now, step, model)
            for name, value in values.items()
            if step > self._last_steps.get(name, -1) and math.isfinite(value)
        ]
        if time.monotonic() - self._flushed > FLUSH_SECONDS and not self._writer.is_alive():
            self._writer = threading.Thread(target=self._try_write, daemon=True)
            self._writer.start()

    def tag(self, name: str, value: str) -> None:
        """Set a tag of the run together with the next values."""
        self._tags[name] = value

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Copy a file or a folder with its content to the run's artifacts.

        Raises UserError where ``path`` does not exist.
        """
        path = path.absolute()
        if not path.exists():
            raise UserError(f"{path} does not exist and cannot be logged to the MLflow run")
        self._request("log_artifact", str(path), folder)

    def inputs(self, context: str, datasets: Sequence[Mapping[str, str]]) -> None:
        """Log the datasets that the run used in a ``context`` such as "training"."""
        self._request("log_inputs", context, datasets)

    def register(self, name: str, folder: Path, loader: str, tags: Mapping[str, str]) -> str:
        """Register the model in ``folder/data`` under ``name`` and return the model's id.

        ``loader`` is the module that reads it. Equal files get no second version. MLflow's files
        are added to ``folder``.
        """
        model_id: str = self._request("register", name, str(folder.absolute()), loader, dict(tags))
        return model_id

    def flush(self) -> None:
        """Write all pending values and tags; raise UserError where the store refuses them now."""
        if self._writer.is_alive():
            self._writer.join()
        self._write()

    def _try_write(self) -> None:
        """Write all pending values, or keep them for the next attempt."""
        try:
            self._write()
        except (UserError, RuntimeError) as error:
            # A long lock on the database, a restarted server or a killed MLflow process must not
            # end days of training.
            log.warning(
                "cannot write to MLflow, will try again with %d values: %s",
                len(self._pending),
                error,
            )

    def _write(self) -> None:
        self._flushed = time.monotonic()
        while self._pending:
            points = self._pending[:MAX_POINTS]
            self._request("log_metrics", points)
            del self._pending[: len(points)]
        while self._tags:
            name = next(iter(self._tags))
            value = self._tags[name]
            self._request("describe", {}, {name: value})
            if self._tags[name] == value:
                del self._tags[name]

    def end(self, status: str) -> None:
        """Write all pending values, then the run's status in MLflow.

        Where the store does not answer, nothing more is asked of it: each attempt takes minutes.
        """
        try:
            self.flush()
        except BusyError:
            raise
        except (UserError, RuntimeError):
            self._request("end", status)
            raise
        self._request("end", status)


class NullRun:
    """A :class:`Run` that logs nothing, for processes other than rank 0."""

    id = ""

    def log(self, step: int, values: Mapping[str, float], model: str | None = None) -> None:
        """Ignore the values."""

    def tag(self, name: str, value: str) -> None:
        """Ignore the tag."""


@contextmanager
def training_run(
    name: str,
    params: Mapping[str, object],
    tags: Mapping[str, str],
    resume: str | None = None,
    seconds: float = 0.0,
) -> Iterator[Run]:
    """Open the run of a training, or the run with the id ``resume`` again.

    Nested ``params`` are flattened with dots. The run ends as FINISHED, as KILLED on Ctrl-C,
    SIGTERM or SIGHUP, and as FAILED on any other exception. Where the store does not hold the run
    to resume (deleted, or begun on another machine), a new run tagged ``restored`` replaces it; its
    start is set ``seconds`` back.

    Raises UserError where a resumed run has other parameters: MLflow never changes parameters.
    """
    all_tags = {**origin_tags(tags), **tags}
    run = Run(
        *_mlflow.call(
            store_uri(), "begin_training", resume, name, dict(flatten(params)), all_tags, seconds
        )
    )
    with _status(run):
        yield run


@contextmanager
def evaluation_run(
    training: str, name: str, variant: str, tags: Mapping[str, str]
) -> Iterator[Run]:
    """Open the run that gets the figures of one evaluation.

    ``training`` is the id of the run that trained ``variant``. An evaluation with the variant's own
    ``name`` writes to that run and keeps the run's status. Any other evaluation writes to a child
    run, the same one each time. Where DVC restored the model from its cache and the store does not
    hold the training, a run tagged ``restored`` replaces it, the same one each time.
    """
    run_id, ends_here = _mlflow.call(
        store_uri(), "begin_evaluation", training, name, variant, dict(tags), origin_tags(tags)
    )
    run = Run(run_id)
    with _status(run, ends_here=ends_here):
        yield run


def metric_names(training: str, name: str, variant: str) -> list[str]:
    """Return the names of the metrics of an evaluation's run; empty where there is no such run.

    The run is the one that :func:`evaluation_run` would open; for an evaluation with the variant's
    own ``name`` it is the training's run.
    """
    names: list[str] = _mlflow.call(store_uri(), "metric_names", training, name, variant)
    return names


@contextmanager
def _status(run: Run, *, ends_here: bool = True) -> Iterator[None]:
    """End the run as FINISHED, KILLED or FAILED, depending on how the block ended.

    Without ``ends_here`` the run keeps its status and gets the pending values.
    """
    status = "FAILED"
    try:
        with exit_on_signals():
            yield
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    except BusyError as error:
        status = ""  # the store does not answer, and each further attempt takes minutes
        raise BusyError(f"{error}. {RUN_AGAIN}") from None
    finally:
        if status:
            _end(run, status, ends_here=ends_here)


def _end(run: Run, status: str, *, ends_here: bool) -> None:
    """Write what is pending, and the status; an error of MLflow does not hide an earlier one."""
    try:
        run.end(status) if ends_here else run.flush()
    except (UserError, RuntimeError) as error:
        if status == "FINISHED":
            raise type(error)(f"{error}. {RUN_AGAIN}") from None
        log.warning("the MLflow run %s stays as it is: %s", run.id, error)
