"""Measurements, side by side: ``python -m benchmarks.NAME`` prints a table of ratios."""
