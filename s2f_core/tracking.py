"""Runs in MLflow: what was tried, with which parameters, and what came of it.

The only module that imports mlflow, and it does so when a run is opened: the import costs about
two seconds. Every run of this project, also one of ``dvc exp run --temp`` or of the queue, lands
in one store (see :func:`store`).

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
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from s2f_core.errors import UserError

EXPERIMENT = "s2f"
FLUSH_SECONDS = 5.0  # a flush costs about 15 ms, however few values it holds
BATCH = {"metrics": 1000, "params": 100}  # the most that one request may hold
PARAM_LENGTH = 6000  # MLflow cuts there; cut here too, so that a resumed run compares equal
FROM_DVC = ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "DVC_STAGE")
SQLITE = "sqlite:///"
OF = "s2f.training"  # tag of an evaluation's own run: the training run it belongs to

log = logging.getLogger(__name__)


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


class Run:
    """One open run. Values are gathered and written together: sqlite commits are slow."""

    def __init__(self, client: Any, run_id: str, logged: Mapping[str, int] | None = None) -> None:
        self.id = run_id
        self._client = client
        self._logged = dict(logged or {})  # the last step of each value that a resumed run holds
        self._waiting: list[Any] = []
        self._flushed = time.monotonic()

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Record named values at a step; what a resumed run already holds is left as it is.

        NaN is kept; MLflow stores an infinity as the largest float of that sign.
        """
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting += [
            Metric(name, float(value), now, step)
            for name, value in values.items()
            if step > self._logged.get(name, -1)
        ]
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush(last=False)

    def tag(self, name: str, value: str) -> None:
        """Set a tag of the run, at once."""
        self._client.set_tag(self.id, name, value)

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Copy a file, or a folder with all in it, to the run's artifacts.

        Raises UserError where there is nothing at ``path``.
        """
        if path.is_dir():
            inside = f"{folder}/{path.name}" if folder else path.name
            self._client.log_artifacts(self.id, str(path), inside)
        elif path.is_file():
            self._client.log_artifact(self.id, str(path), folder)
        else:
            raise UserError(f"{path.absolute()} does not exist: nothing to keep with the run")

    def flush(self, *, last: bool = True) -> None:
        """Write what waits; a store that is busy is tried again later unless it is the last."""
        from mlflow.exceptions import MlflowException

        try:
            while self._waiting:
                size = BATCH["metrics"]
                self._client.log_batch(self.id, metrics=self._waiting[:size])
                del self._waiting[:size]
        except MlflowException as error:
            # Another process may hold the database for long; days of training should survive it.
            if last or error.error_code != "TEMPORARILY_UNAVAILABLE":
                raise
            log.warning("MLflow's store is busy, %d values wait", len(self._waiting))
        self._flushed = time.monotonic()


@contextmanager
def training_run(
    name: str,
    params: Mapping[str, object],
    tags: Mapping[str, str],
    resume: str | None = None,
) -> Iterator[Run]:
    """Open the run that one training writes to, or go on with the one it began.

    Nested ``params`` are flattened with dots. The run ends as FINISHED, as KILLED on Ctrl-C or
    SIGTERM, and as FAILED on any other exception. A run to resume that the store does not hold
    (deleted, or begun on another machine) is begun anew and tagged ``restored``.

    Raises UserError where a resumed run was begun with other parameters: MLflow never changes one.
    """
    client, experiment = _open()
    flat = {key: value[:PARAM_LENGTH] for key, value in _flatten(params)}
    tags = {**_origin(), **tags}
    found = _find(client, resume) if resume else None
    if found is None:
        run = Run(client, client.create_run(experiment, run_name=name).info.run_id)
        _describe(client, run.id, flat, {**tags, "restored": "true"} if resume else tags)
    else:
        run = _resume(client, found, flat, tags)
    with _status(client, run):
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
    client, experiment = _open()
    parent = _find(client, training)
    if parent is not None and name == variant:
        run = Run(client, training)
        _describe(client, training, {}, tags)
        try:
            yield run
        finally:
            run.flush()
        return
    own = {**_origin(), **tags, "variant": variant, OF: training}
    if parent is not None and "study" in parent.data.tags:
        own["study"] = parent.data.tags["study"]
    own |= {"restored": "true"} if parent is None else {"mlflow.parentRunId": training}
    earlier = client.search_runs([experiment], f"tags.`{OF}` = '{training}'")
    same = [found.info.run_id for found in earlier if found.info.run_name == name]
    run_id = same[0] if same else client.create_run(experiment, run_name=name).info.run_id
    _describe(client, run_id, {}, own)
    client.update_run(run_id, status="RUNNING")
    run = Run(client, run_id)
    with _status(client, run):
        yield run


def _open() -> tuple[Any, str]:
    """A client of the store and the experiment's id, created where missing.

    Safe to call from many processes at once. The first call ever takes about five seconds.
    """
    # Both names are read when mlflow is first imported. Nothing here may reach for the network.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"
    uri = store()
    file = Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None
    with warnings.catch_warnings():
        # MLflow's own use of deprecated SQLAlchemy and pydantic features; nothing to act on here.
        warnings.simplefilter("ignore", DeprecationWarning)
        from mlflow import MlflowClient

        for noisy in ("mlflow", "alembic"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        if file is None:
            client = MlflowClient(tracking_uri=uri)
            return client, _experiment(client, None)
        file.parent.mkdir(parents=True, exist_ok=True)
        # MLflow creates the schema on first use; two processes doing so at once trip each other.
        with FileLock(f"{file}.lock"):
            client = MlflowClient(tracking_uri=uri)
            return client, _experiment(client, (file.parent / "mlartifacts").as_uri())


def _experiment(client: Any, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        try:
            return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts))
        except MlflowException as error:  # another machine was faster, on a shared server
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id)


def _find(client: Any, run_id: str) -> Any:
    """The run, or None where the store does not hold it or holds it as deleted."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_run(run_id)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None
    return found if found.info.lifecycle_stage == "active" else None


def _resume(client: Any, found: Any, params: dict[str, str], tags: Mapping[str, str]) -> Run:
    run_id, before = found.info.run_id, found.data.params
    changed = [key for key, value in params.items() if before.get(key, value) != value]
    if changed:
        lines = "; ".join(f"{key} was {before[key]}, is {params[key]}" for key in changed)
        raise UserError(f"MLflow run {run_id} was begun with other parameters: {lines}")
    missing = {key: value for key, value in params.items() if key not in before}
    _describe(client, run_id, missing, tags)
    client.update_run(run_id, status="RUNNING")
    last = {
        name: max(point.step for point in client.get_metric_history(run_id, name))
        for name in found.data.metrics
    }
    return Run(client, run_id, last)


def _describe(client: Any, run_id: str, params: Mapping[str, str], tags: Mapping[str, str]) -> None:
    from mlflow.entities import Param, RunTag

    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    entries = [Param(key, value) for key, value in params.items()]
    for start in range(0, len(entries), BATCH["params"]):
        client.log_batch(run_id, params=entries[start : start + BATCH["params"]])


@contextmanager
def _status(client: Any, run: Run) -> Iterator[None]:
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
        try:
            run.flush()
        finally:
            client.set_terminated(run.id, status)


def _origin() -> dict[str, str]:
    """Tags that say which experiment, stage and commit a run comes from."""
    tags = {name: os.environ[name] for name in FROM_DVC if os.environ.get(name)}
    try:
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit yet
        return tags
    return {**tags, "mlflow.source.git.commit": head.stdout.strip()}


def _flatten(params: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted keys and values as YAML would write them."""
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{prefix}{key}", text
