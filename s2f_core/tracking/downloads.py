"""What MLflow keeps, brought here."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.tracking.client import store


def download(uri: str) -> Path:
    """The file or folder of ``models:/…`` or ``runs:/…``, from the store of this project.

    What the store keeps on this machine is not copied; a copy is removed when Python ends. Raises
    UserError where there is no such thing or the store cannot be reached.
    """
    import mlflow

    place = tempfile.mkdtemp(prefix="s2f-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    try:
        return Path(mlflow.artifacts.download_artifacts(uri, dst_path=place, tracking_uri=store()))
    except Exception as error:  # MLflow, its stores and their clients raise many kinds
        said = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"{uri} cannot be had of {store()}: {said}") from None
