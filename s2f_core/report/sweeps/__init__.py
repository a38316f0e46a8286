"""What DVC's experiments changed, and what came of it: a page to look through sweeps."""

from s2f_core.report.sweeps.experiments import Experiment, parse, read
from s2f_core.report.sweeps.page import write

__all__ = ["Experiment", "parse", "read", "write"]
