"""Sketches: edges computed, strokes measured, drawings cleaned up, lines roughened."""
