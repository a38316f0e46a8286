"""Texts of any length are logged: MLflow refuses those over its limits."""

from __future__ import annotations

import json
from typing import Any

import mlflow_project
from mlflow.utils import validation

from s2f_core.data.selection import VariantData
from s2f_core.tracking import client as tracking
from s2f_core.tracking.limits import (
    DATASET_NAME_LENGTH,
    PARAM_LENGTH,
    TAG_LENGTH,
    shorten,
    shorten_all,
)

client = mlflow_project.client


def test_the_limits_are_those_of_mlflow() -> None:
    """A new version may have others."""
    assert PARAM_LENGTH == validation.MAX_PARAM_VAL_LENGTH
    assert TAG_LENGTH == validation.MAX_TAG_VAL_LENGTH
    assert DATASET_NAME_LENGTH == validation.MAX_DATASET_NAME_SIZE


def test_a_long_text_ends_in_a_hash_of_the_whole() -> None:
    """So two long texts that begin alike stay two."""
    assert shorten("a" * 500, 500) == "a" * 500
    one, other = shorten("a" * 501, 500), shorten("a" * 502, 500)
    assert len(one) == len(other) == 500
    assert one != other
    assert one[:482] == other[:482] == "a" * 482
    assert shorten_all({"k": "b" * 30}, 20)["k"].startswith("bb… ")


def test_hundreds_of_long_classes_are_logged(client: Any) -> None:
    """As parameter, tag and name of a dataset: all three were errors after the training."""
    classes = tuple(f"{number} {'long name ' * 20}" for number in range(345))
    data = VariantData(role="dogs", background="kept", condition="given", classes=classes)
    params = {"variant": {"data": data.model_dump(mode="json")}}
    dataset = {
        "name": str(data),
        "digest": "0" * 16,
        "source_type": "http",
        "source": json.dumps({"url": "https://example.org"}),
        "profile": "{}",
    }
    with tracking.training_run("dogs", params, {"data": str(data)}) as run:
        run.inputs("test", [dataset])
    logged = client.get_run(run.id)
    assert len(logged.data.params["variant.data.classes"]) == PARAM_LENGTH
    assert len(logged.data.tags["data"]) == TAG_LENGTH
    name = logged.inputs.dataset_inputs[0].dataset.name
    assert name == shorten(str(data), DATASET_NAME_LENGTH)
    assert name.startswith("dogs/kept-given (0 long name")
    with tracking.training_run("dogs", params, {}, run.id) as again:  # equal parameters
        pass
    assert again.id == run.id
