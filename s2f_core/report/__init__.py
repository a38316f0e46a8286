"""Every static page: the report, the survey, the review, the sweeps."""
