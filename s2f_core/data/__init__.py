"""From a source to batches: assets, datasets, conditions, tables, the split, pairs."""
