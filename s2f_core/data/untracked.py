"""Pictures that an experiment in a copy of the project would lack."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path

log = logging.getLogger(__name__)


def warn_if_untracked(path: Path) -> None:
    """Log what experiments in a copy need, if neither git nor DVC tracks the files at ``path``.

    ``dvc exp run --temp`` and the queue copy what is tracked. DVC itself would only say "No such
    file". An absolute path is the same in every copy, and ``data/assets`` is an output of DVC.
    """
    if path.is_absolute() or Path("data/assets") in (path, *path.parents):
        return
    if any(Path(f"{each}.dvc").is_file() for each in (path, *path.parents)):
        return
    command = ["git", "ls-files", "--", str(path)]
    try:
        tracked = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # no git or no repository: no experiments
        return
    if not tracked:
        log.info(
            "%s is in neither git nor DVC: 'dvc exp run' with --temp or --queue also needs "
            "--copy-paths %s, or an absolute data.*.path",
            path,
            path,
        )
