"""The report: a folder of pages and the leaderboard, built from what the pipeline wrote."""
