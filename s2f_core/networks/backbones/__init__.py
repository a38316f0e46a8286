"""Frozen networks with fetched weights that a loss or a score looks through."""
