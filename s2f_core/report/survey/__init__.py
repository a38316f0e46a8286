"""A blind study: do people take what a generator made for real?

``page`` writes what is asked, ``answers`` reads what was answered, and ``rates`` counts it.
"""

from s2f_core.report.survey.answers import FOLDER, Answers, read
from s2f_core.report.survey.rates import Rate, error, fooling_rate, section, table

__all__ = ["FOLDER", "Answers", "Rate", "error", "fooling_rate", "read", "section", "table"]
