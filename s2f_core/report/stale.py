"""Metrics of variants that params.yaml no longer has: DVC keeps their files."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

log = logging.getLogger(__name__)

WITHOUT_VARIANT = {"human-gap"}


def remove_stale_metrics(metrics: Path, variants: Collection[str]) -> None:
    """Remove scores and curves of other variants, which plots would show as current.

    Logs one line that names them. Models stay.
    """
    stale = [
        file
        for pattern in ("*.json", "curves/*.csv", "validation/*.csv")
        for file in sorted(metrics.glob(pattern))
        if file.stem not in {*variants, *WITHOUT_VARIANT}
    ]
    for file in stale:
        file.unlink()
    if stale:
        log.warning(
            "removed %s: params.yaml has no such variants; git and MLflow keep their scores",
            ", ".join(map(str, stale)),
        )
