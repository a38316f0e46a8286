"""MLflow's side of tracking, the only module that imports it; it runs in a process of its own."""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from s2f_core.common.errors import UserError
from s2f_core.tracking import registry

EXPERIMENT = "s2f"
KIND = {"mlflow.experimentKind": "custom_model_development"}  # its page opens on the runs
SQLITE = "sqlite:///"
PARAMS = 100  # the most that one request may hold
PARAM_LENGTH = 6000  # MLflow cuts there; cut here too, so that a resumed run compares equal
OF = "s2f.training"  # tag of an evaluation's own run: the training run it belongs to
FOR = "s2f.run_id"  # tag of a run that stands for one which this store never had: that one's id
REACH_SECONDS = 10.0  # within which a server has to answer at first; later MLflow is patient
GONE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")

Texts = Mapping[str, str]


class Journal:
    """The runs of one store. What its methods take and give can be written as JSON."""

    def __init__(self, store: str) -> None:
        self._client, self._experiment = connect(store)

    def begin_training(
        self, resume: str | None, name: str, params: Texts, tags: Texts, seconds: float
    ) -> tuple[str, dict[str, int]]:
        """The id of a training's run, and the last step of each value that it holds already.

        A new run began so many ``seconds`` ago.
        """
        params = {key: value[:PARAM_LENGTH] for key, value in params.items()}
        found = self._find(resume) if resume else None
        if found is not None:
            return found.info.run_id, self._resume(found, params, tags)
        run_id = self._create(name, seconds)
        standing = {FOR: resume, "restored": "true"} if resume else {}
        self.describe(run_id, params, {**tags, **standing})
        return run_id, {}

    def _resume(self, found: Any, params: Texts, tags: Texts) -> dict[str, int]:
        run_id, before = found.info.run_id, found.data.params
        changed = [key for key, value in params.items() if before.get(key, value) != value]
        if changed:
            lines = "; ".join(f"{key} was {before[key]}, is {params[key]}" for key in changed)
            raise UserError(f"MLflow run {run_id} was begun with other parameters: {lines}")
        missing = {key: value for key, value in params.items() if key not in before}
        self.describe(run_id, missing, tags)
        self._client.update_run(run_id, status="RUNNING")
        return {
            name: max(point.step for point in self._client.get_metric_history(run_id, name))
            for name in found.data.metrics
        }

    def begin_evaluation(
        self, training: str, name: str, variant: str, tags: Texts, origin: Texts
    ) -> tuple[str, bool]:
        """The run that an evaluation belongs to, and whether it is the evaluation's to end.

        It is the training's run, or one that stands for it, where ``name`` is the variant's own;
        else a child of that.
        """
        parent = self._find(training)
        own = {**origin, **tags, "variant": variant}
        if name == variant:
            if parent is not None and parent.data.params:
                self.describe(parent.info.run_id, {}, tags)
                return parent.info.run_id, False
            # No training wrote to it: an evaluation began it, and failed or is made again.
            run_id = self._create(name) if parent is None else parent.info.run_id
            self.describe(run_id, {}, {**own, FOR: training, "restored": "true"})
            self._client.update_run(run_id, status="RUNNING")
            return run_id, True
        own[OF] = training
        if parent is not None and "study" in parent.data.tags:
            own["study"] = parent.data.tags["study"]
        own |= (
            {"restored": "true"} if parent is None else {"mlflow.parentRunId": parent.info.run_id}
        )
        child = self._child(training, name)
        run_id = self._create(name) if child is None else child.info.run_id
        self.describe(run_id, {}, own)
        self._client.update_run(run_id, status="RUNNING")
        return run_id, True

    def held(self, training: str, name: str, variant: str) -> list[str]:
        """Names of the values of the run that is a training's or an evaluation's, if there is one.

        A training's is the one whose ``name`` is the ``variant``.
        """
        found = self._find(training) if name == variant else self._child(training, name)
        return [] if found is None else list(found.data.metrics)

    def register(self, run_id: str, name: str, folder: str, loader: str, tags: Texts) -> str:
        """The id of a model under a name; see :func:`s2f_core.tracking.registry.register`."""
        return registry.register(
            self._client, self._experiment, run_id, name, Path(folder), loader, tags
        )

    def inputs(self, run_id: str, context: str, datasets: Sequence[Texts]) -> None:
        """Say which data a run used: of each its name, digest, source_type, source and profile."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        tags = [InputTag("mlflow.data.context", context)]
        self._client.log_inputs(
            run_id, [DatasetInput(Dataset(**dataset), tags) for dataset in datasets]
        )

    def describe(self, run_id: str, params: Texts, tags: Texts) -> None:
        """Add parameters, which never change again, and set tags."""
        from mlflow.entities import Param, RunTag

        self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
        entries = [Param(key, value) for key, value in params.items()]
        for start in range(0, len(entries), PARAMS):
            self._client.log_batch(run_id, params=entries[start : start + PARAMS])

    def log(self, run_id: str, points: Sequence[tuple[str, float, int, int, str | None]]) -> None:
        """Write values: of each its name, the value, the time in ms, the step, and its model."""
        from mlflow.entities import Metric

        self._client.log_batch(run_id, metrics=[Metric(*point) for point in points])

    def keep(self, run_id: str, path: str, folder: str | None) -> None:
        """Copy a file, or a folder with all in it, to the run's artifacts."""
        name = Path(path).name
        if Path(path).is_dir():
            self._client.log_artifacts(run_id, path, f"{folder}/{name}" if folder else name)
        else:
            self._client.log_artifact(run_id, path, folder)

    def end(self, run_id: str, status: str) -> None:
        """Set the run's status, as MLflow calls it, and the time of its end."""
        self._client.set_terminated(run_id, status)

    def _create(self, name: str, seconds: float = 0.0) -> str:
        began = int((time.time() - seconds) * 1000)
        run = self._client.create_run(self._experiment, start_time=began, run_name=name)
        return str(run.info.run_id)

    def _find(self, run_id: str) -> Any:
        """The run, or one that stands for it; None where the store holds neither, or deleted."""
        from mlflow.exceptions import MlflowException

        try:
            found = self._client.get_run(run_id)
        except MlflowException as error:
            if error.error_code not in GONE:
                raise
        else:
            if found.info.lifecycle_stage == "active":
                return found
        standing = self._client.search_runs([self._experiment], f"tags.`{FOR}` = '{run_id}'")
        return standing[0] if standing else None

    def _child(self, training: str, name: str) -> Any:
        """The run of an evaluation that is a training's second, or None."""
        earlier = self._client.search_runs([self._experiment], f"tags.`{OF}` = '{training}'")
        return next((found for found in earlier if found.info.run_name == name), None)


def connect(store: str) -> tuple[Any, str]:
    """A client of the store and the experiment's id, created where missing.

    Safe to call from many processes at once. The first call ever takes about five seconds. Raises
    UserError where a server does not answer.
    """
    # Both names are read when mlflow is first imported. Nothing here may reach for the network.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"
    file = Path(store.removeprefix(SQLITE)) if store.startswith(SQLITE) else None
    with warnings.catch_warnings():
        # MLflow's own use of deprecated SQLAlchemy and pydantic features; nothing to act on here.
        warnings.simplefilter("ignore", DeprecationWarning)
        from mlflow import MlflowClient

        for noisy in ("mlflow", "alembic"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        if file is None:
            _reach(store)
            client = MlflowClient(tracking_uri=store)
            return client, _experiment(client, None)
        file.parent.mkdir(parents=True, exist_ok=True)
        # MLflow creates the schema on first use; two processes doing so at once trip each other.
        with FileLock(f"{file}.lock"):
            client = MlflowClient(tracking_uri=store)
            return client, _experiment(client, (file.parent / "mlartifacts").as_uri())


def _reach(store: str) -> None:
    """Ask a server for an answer, whatever it is: MLflow itself would try for four minutes."""
    import requests

    if not store.startswith(("http://", "https://")):
        return
    try:
        requests.get(f"{store.rstrip('/')}/health", timeout=REACH_SECONDS)
    except requests.RequestException as error:
        raise UserError(
            f"MLFLOW_TRACKING_URI: no server answers there ({error}). Start it, or unset the "
            "variable: the runs then go to mlflow.db"
        ) from None


def _experiment(client: Any, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        try:
            return str(client.create_experiment(EXPERIMENT, artifacts, KIND))
        except MlflowException as error:  # another machine was faster, on a shared server
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id)


def serve(store: str) -> None:
    """Open this store, then answer what is asked on the standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    opened = functools.cache(Journal)
    with suppress(Exception):  # the first request tries again, and is told why it fails
        opened(store)
    for line in sys.stdin:
        number, uri, method, arguments = json.loads(line)
        try:
            answer = number, "done", getattr(opened(uri), method)(*arguments)
        except Exception as error:
            answer = number, *explained(error)
        with suppress(BrokenPipeError):  # the stage was killed; what it asked for is done
            print(json.dumps(answer), file=answers, flush=True)


def explained(error: Exception) -> tuple[str, str]:
    """Whether an error is the user's, a busy store's, or a bug, and what to say of it.

    A server that was there and no longer answers is busy: it may be restarted.
    """
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    if isinstance(error, UserError):
        return "user", str(error)
    if isinstance(error, MlflowException) and (
        error.error_code == "TEMPORARILY_UNAVAILABLE"
        or isinstance(error.__context__, RequestException)
    ):
        return "busy", f"MLflow: {error}"
    if isinstance(error, MlflowException | OSError):
        return "user", f"MLflow: {error}"
    return "bug", traceback.format_exc()


if __name__ == "__main__":
    serve(sys.argv[1])
