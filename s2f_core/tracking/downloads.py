"""Download files from the MLflow store."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.tracking.client import store_uri
from s2f_core.tracking.store_check import (
    READ_SECONDS,
    explain,
    quiet_mlflow,
    require_file,
    require_store,
    short_waits,
)


def download(uri: str) -> Path:
    """Return the file or folder of ``models:/…`` or ``runs:/…`` in this project's store.

    Files that the store keeps on this machine are not copied. A copy is removed when Python ends.
    Raises UserError where the address does not exist or the store does not answer soon.
    """
    store = store_uri()
    require_file(store)
    folder = tempfile.mkdtemp(prefix="s2f-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        with quiet_mlflow():
            require_store(store, READ_SECONDS)
        with quiet_mlflow(), short_waits():
            from mlflow.artifacts import download_artifacts

            return Path(download_artifacts(uri, dst_path=folder, tracking_uri=store))
    except UserError as error:
        raise UserError(f"cannot download {uri}: {error}") from None
    except Exception as error:  # MLflow, its stores and their clients raise many kinds
        raise UserError(f"cannot download {uri}: {explain(error, store)}") from None
