"""Translations of a split, and their scores."""
