"""Sketches: dark lines on white paper.

``pen`` draws curves as a hand does: those of a face (``features``, ``contours``, ``doodle``), moved
by ``displacement``. ``shading`` makes shaded portraits.

``normalise`` cleans up a person's drawing before it goes into a model. ``augment`` roughens
training inputs at random, so that a model accepts such drawings. ``strokes`` measures and thickens
lines for both, and ``canny`` detects edges.
"""
