"""The report: a folder of pages and the leaderboard, built from what the pipeline wrote."""

from s2f_core.report.site.build import build
from s2f_core.report.site.cards import Data
from s2f_core.report.site.studies import Study, StudyRow

__all__ = ["Data", "Study", "StudyRow", "build"]
