"""What DVC's experiments changed, and what came of it: a page to look through sweeps."""

from s2f_core.sweeps.experiments import Experiment, parse, read
from s2f_core.sweeps.page import write

__all__ = ["Experiment", "parse", "read", "write"]
