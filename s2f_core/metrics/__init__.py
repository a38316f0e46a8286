"""One file a score; ``table`` names them all."""
