"""Download files from the MLflow store."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.tracking.client import store_uri


def download(uri: str) -> Path:
    """Return the file or folder of ``models:/…`` or ``runs:/…`` in this project's store.

    Files that the store keeps on this machine are not copied. A copy is removed when Python ends.
    Raises UserError where the address does not exist or the store cannot be reached.
    """
    import mlflow

    folder = tempfile.mkdtemp(prefix="s2f-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        return Path(
            mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=store_uri())
        )
    except Exception as error:  # MLflow, its stores and their clients raise many kinds
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"cannot download {uri} from {store_uri()}: {reason}") from None
