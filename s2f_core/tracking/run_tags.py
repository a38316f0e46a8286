"""The tags and parameters of a run as MLflow stores them: texts by name."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping

BACKFILL_TAG = "backfilled"  # tag of a run that was made later from files that DVC keeps
DVC_VARIABLES = ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "DVC_STAGE")


def origin_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags for a run's DVC experiment, stage and commit; none for a backfilled run."""
    if BACKFILL_TAG in tags:
        return {}
    origin = {name: os.environ[name] for name in DVC_VARIABLES if os.environ.get(name)}
    try:
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit yet
        return origin
    return {**origin, "mlflow.source.git.commit": head.stdout.strip()}


def flatten(params: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield dotted keys and values; a value that is no string is written as JSON."""
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{prefix}{key}", text
