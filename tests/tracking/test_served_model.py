"""A registered model behind MLflow's own server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow_project
import numpy as np
import pytest
import requests
import servers

from s2f_core.data.tables import read
from s2f_core.tracking import client as tracking
from s2f_core.tracking.downloads import download
from s2f_core.tracking.log_evaluation import log_evaluation

client = mlflow_project.client
data = mlflow_project.data


@pytest.mark.slow
def test_a_registered_model_is_served_over_http(client: Any, data: Path, tmp_path: Path) -> None:
    """``mlflow models serve`` translates the example; another size is refused."""
    mlflow_project.write_evaluation(data, "tiny", "tiny")
    log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    expected = read(data / "translations" / "tiny" / "tiny").images([0])
    (version,) = client.search_model_versions("name = 'tiny'")
    request = (download(version.source) / "serving_input_example.json").read_text()
    server = servers.model_server(tracking.store_uri(), "models:/tiny/1", tmp_path / "log")
    with server.running():
        address = f"http://127.0.0.1:{server.port}/invocations"
        headers = {"Content-Type": "application/json"}
        response = requests.post(address, request, headers=headers, timeout=60)
        assert response.status_code == 200, response.text
        assert (np.asarray(response.json()["predictions"]) == expected).all()
        wrong = json.dumps({"inputs": [[[1, 2], [3, 4]]]})
        rejection = requests.post(address, wrong, headers=headers, timeout=60)
        assert rejection.status_code == 400
        assert "(-1, 32, 32, 1)" in rejection.text
