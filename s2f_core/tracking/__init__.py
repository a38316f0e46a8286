"""MLflow: what was tried, with which parameters, and what came of it."""
