"""The report: one self-contained page and the leaderboard, built from what the pipeline wrote."""

from s2f_core.report.page import build
from s2f_core.report.studies import Study, StudyRow

__all__ = ["Study", "StudyRow", "build"]
