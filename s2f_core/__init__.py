"""s2f: sketch-to-image GANs as a declarative, reproducible pipeline."""
