"""Imports without the garbage collector looking through them."""

import subprocess
import sys

CODE = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count()))  # runs after later ones
from s2f_core.common.garbage import THRESHOLD, collect_rarely
collect_rarely()
print(gc.get_threshold()[0] == THRESHOLD)
"""


def test_collections_are_rare_and_the_end_has_none() -> None:
    """At exit all objects are frozen; garbage is still collected before."""
    result = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    rare, frozen = result.stdout.split()
    assert rare == "True"
    assert int(frozen) > 1000
