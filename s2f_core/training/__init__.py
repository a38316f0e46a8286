"""A training: its variant, recipe, objective, loop and validation."""
