"""The MLflow process of tracking: it reads requests from standard input and writes to the store."""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from s2f_core.common.errors import UserError
from s2f_core.common.garbage import collect_rarely
from s2f_core.common.redact import redact, redact_output
from s2f_core.tracking import registry
from s2f_core.tracking.client import project_root
from s2f_core.tracking.limits import (
    DATASET_NAME_LENGTH,
    PARAM_LENGTH,
    TAG_LENGTH,
    shorten,
    shorten_all,
)
from s2f_core.tracking.store_check import (
    EXPERIMENT,
    SQLITE,
    classify_error,
    is_database_server,
    place,
    quiet_mlflow,
    require_store,
)

EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}  # opens on the list of runs
ARTIFACTS = "mlartifacts"  # folder beside the database
MAX_PARAMS = 100  # MLflow's limit for one request
TRAINING_TAG = "s2f.training"  # tag of an evaluation's run: id of the training run
ORIGINAL_TAG = "s2f.run_id"  # tag of a replacement run: id of the run that this store does not hold
NOT_FOUND_CODES = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")

Strings = Mapping[str, str]


class RunStore:
    """The runs of one store. Arguments and results of all methods are JSON values."""

    def __init__(self, store: str) -> None:
        self._client, self._experiment = connect(store)

    def begin_training(
        self, resume: str | None, name: str, params: Strings, tags: Strings, seconds: float
    ) -> tuple[str, dict[str, int]]:
        """Return the id of a training's run and the last step of each metric in it.

        The start of a new run is set ``seconds`` back.
        """
        params = shorten_all(params, PARAM_LENGTH)  # so that a resumed run compares equal
        run = self._find_run(resume) if resume else None
        if run is not None:
            return run.info.run_id, self._resume(run, params, tags)
        run_id = self._create_run(name, seconds)
        replacement_tags = {ORIGINAL_TAG: resume, "restored": "true"} if resume else {}
        self.describe(run_id, params, {**tags, **replacement_tags})
        return run_id, {}

    def _resume(self, run: Any, params: Strings, tags: Strings) -> dict[str, int]:
        run_id, logged = run.info.run_id, run.data.params
        changed = [key for key, value in params.items() if logged.get(key, value) != value]
        if changed:
            lines = "; ".join(f"{key} was {logged[key]}, is {params[key]}" for key in changed)
            raise UserError(f"MLflow run {run_id} has other parameters: {lines}")
        missing = {key: value for key, value in params.items() if key not in logged}
        self.describe(run_id, missing, tags)
        self._client.update_run(run_id, status="RUNNING")
        return {
            name: max(point.step for point in self._client.get_metric_history(run_id, name))
            for name in run.data.metrics
        }

    def begin_evaluation(
        self, training: str, name: str, variant: str, tags: Strings, origin: Strings
    ) -> tuple[str, bool]:
        """Return the id of an evaluation's run, and whether the evaluation sets its end status.

        Where ``name`` is the variant's own, it is the training's run or its replacement; else a
        child of that run.
        """
        parent = self._find_run(training)
        all_tags = {**origin, **tags, "variant": variant}
        if name == variant:
            if parent is not None and parent.data.params:
                self.describe(parent.info.run_id, {}, tags)
                return parent.info.run_id, False
            # No training has written to this run: an earlier evaluation created it.
            run_id = self._create_run(name) if parent is None else parent.info.run_id
            self.describe(run_id, {}, {**all_tags, ORIGINAL_TAG: training, "restored": "true"})
            self._client.update_run(run_id, status="RUNNING")
            return run_id, True
        all_tags[TRAINING_TAG] = training
        if parent is not None and "study" in parent.data.tags:
            all_tags["study"] = parent.data.tags["study"]
        all_tags |= (
            {"restored": "true"} if parent is None else {"mlflow.parentRunId": parent.info.run_id}
        )
        child = self._find_evaluation(training, name)
        run_id = self._create_run(name) if child is None else child.info.run_id
        self.describe(run_id, {}, all_tags)
        self._client.update_run(run_id, status="RUNNING")
        return run_id, True

    def metric_names(self, training: str, name: str, variant: str) -> list[str]:
        """Return the names of a run's metrics; empty where there is no such run.

        Where ``name`` is the ``variant``, it is the training's run, else an evaluation's.
        """
        is_training = name == variant
        run = self._find_run(training) if is_training else self._find_evaluation(training, name)
        return [] if run is None else list(run.data.metrics)

    def register(self, run_id: str, name: str, folder: str, loader: str, tags: Strings) -> str:
        """Register a model and return its id; see :func:`s2f_core.tracking.registry.register`."""
        return registry.register(
            self._client,
            self._experiment,
            run_id,
            name,
            Path(folder),
            loader,
            shorten_all(tags, TAG_LENGTH),
        )

    def log_inputs(self, run_id: str, context: str, datasets: Sequence[Strings]) -> None:
        """Log a run's datasets, each with name, digest, source_type, source and profile."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        tags = [InputTag("mlflow.data.context", context)]
        datasets = [
            {**dataset, "name": shorten(dataset["name"], DATASET_NAME_LENGTH)}
            for dataset in datasets
        ]
        self._client.log_inputs(
            run_id, [DatasetInput(Dataset(**dataset), tags) for dataset in datasets]
        )

    def describe(self, run_id: str, params: Strings, tags: Strings) -> None:
        """Add parameters, which never change again, and set tags."""
        from mlflow.entities import Param, RunTag

        tags = shorten_all(tags, TAG_LENGTH)
        self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
        entries = [Param(key, value) for key, value in params.items()]
        for start in range(0, len(entries), MAX_PARAMS):
            self._client.log_batch(run_id, params=entries[start : start + MAX_PARAMS])

    def log_metrics(
        self, run_id: str, points: Sequence[tuple[str, float, int, int, str | None]]
    ) -> None:
        """Write values, each as (name, value, time in ms, step, id of its model or None)."""
        from mlflow.entities import Metric

        self._client.log_batch(run_id, metrics=[Metric(*point) for point in points])

    def log_artifact(self, run_id: str, path: str, folder: str | None) -> None:
        """Copy a file or a folder with its content to the run's artifacts."""
        name = Path(path).name
        if Path(path).is_dir():
            self._client.log_artifacts(run_id, path, f"{folder}/{name}" if folder else name)
        else:
            self._client.log_artifact(run_id, path, folder)

    def end(self, run_id: str, status: str) -> None:
        """Set the run's status, a word of MLflow, and its end time."""
        self._client.set_terminated(run_id, status)

    def _create_run(self, name: str, seconds: float = 0.0) -> str:
        start_ms = int((time.time() - seconds) * 1000)
        run = self._client.create_run(self._experiment, start_time=start_ms, run_name=name)
        return str(run.info.run_id)

    def _find_run(self, run_id: str) -> Any:
        """Return a run or its replacement; None where the store holds neither, or deleted both."""
        from mlflow.exceptions import MlflowException

        try:
            run = self._client.get_run(run_id)
        except MlflowException as error:
            if error.error_code not in NOT_FOUND_CODES:
                raise
        else:
            if run.info.lifecycle_stage == "active":
                return run
        query = f"tags.`{ORIGINAL_TAG}` = '{run_id}'"
        replacements = self._client.search_runs([self._experiment], query)
        return replacements[0] if replacements else None

    def _find_evaluation(self, training: str, name: str) -> Any:
        """Return the run of a training's further evaluation, or None."""
        query = f"tags.`{TRAINING_TAG}` = '{training}'"
        runs = self._client.search_runs([self._experiment], query)
        return next((run for run in runs if run.info.run_name == name), None)


def connect(store: str) -> tuple[Any, str]:
    """Return a client of the store and the experiment's id; create both where they are missing.

    Many processes may call this at once. Creating a database takes about five seconds. Raises
    UserError where a server does not answer.
    """
    with quiet_mlflow():
        from mlflow import MlflowClient

        require_store(store)
        if not store.startswith(SQLITE):
            client = MlflowClient(tracking_uri=store)
            artifacts = (project_root() / ARTIFACTS).as_uri() if is_database_server(store) else None
            return client, _find_experiment(client, store, artifacts)
        file = Path(store.removeprefix(SQLITE))
        file.parent.mkdir(parents=True, exist_ok=True)
        # MLflow creates the schema on first use, which fails in two processes at once.
        with FileLock(f"{file}.lock"):
            client = MlflowClient(tracking_uri=store)
            return client, _find_experiment(client, store, (file.parent / ARTIFACTS).as_uri())


def _find_experiment(client: Any, store: str, artifacts: str | None) -> str:
    """Return the experiment's id; create it where it is missing."""
    from mlflow.exceptions import MlflowException

    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        try:
            return str(client.create_experiment(EXPERIMENT, artifacts, EXPERIMENT_TAGS))
        except MlflowException as error:  # on a shared server another machine was faster
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment.lifecycle_stage == "deleted":
        raise UserError(
            f"MLflow at {place(store)}: the experiment {EXPERIMENT} is deleted. Restore it: "
            f"MLFLOW_TRACKING_URI={redact(store)} "
            f"mlflow experiments restore --experiment-id {experiment.experiment_id}"
        )
    return str(experiment.experiment_id)


def serve() -> None:
    """Open the store of the first line, then answer the requests on the others.

    The address comes by standard input, since it may hold a password and everybody on the machine
    can read a command line.
    """
    collect_rarely()
    responses = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print to standard error
    redact_output()
    store = sys.stdin.readline().rstrip("\n")
    open_store = functools.cache(RunStore)
    failure: Exception | None = None  # the answer to the first request; the next one tries again
    try:
        open_store(store)
    except Exception as error:
        failure = error
    for line in sys.stdin:
        number, uri, method, arguments = json.loads(line)
        try:
            if failure is not None and uri == store:
                first, failure = failure, None
                raise first
            response = number, "done", getattr(open_store(uri), method)(*arguments)
        except Exception as error:
            response = number, *classify_error(error, uri)
        with suppress(BrokenPipeError):  # the stage was killed after its request
            print(json.dumps(response), file=responses, flush=True)


if __name__ == "__main__":
    serve()
