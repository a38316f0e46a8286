"""Curation: which images are left out of every split, and why."""
