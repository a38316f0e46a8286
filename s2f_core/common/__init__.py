"""Used by all folders: errors, params.yaml, images, devices, processes, atomic writes."""
