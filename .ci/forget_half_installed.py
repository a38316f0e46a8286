"""Make pip install those packages again whose installation was cut off.

pip takes a package for installed once its metadata is there. So this removes the metadata of each
package that lacks its list of files, or a file on the list. Exits with 1 if pip is one of them.
"""

import shutil
import sys
from importlib.metadata import PathDistribution, distributions
from pathlib import Path


def _is_whole(distribution: PathDistribution) -> bool:
    files = distribution.files
    return files is not None and all(
        (path := Path(str(file.locate()))).is_file() and file.size in {None, path.stat().st_size}
        for file in files
    )


broken = [
    Path(str(each._path))  # noqa: SLF001 (no public name for the folder of the metadata)
    for each in distributions()
    if isinstance(each, PathDistribution) and not _is_whole(each)
]
for folder in broken:
    shutil.rmtree(folder)
sys.exit(any(folder.name.startswith("pip-") for folder in broken))
