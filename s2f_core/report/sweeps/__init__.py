"""The page of sweeps: the parameters that DVC's experiments changed, and their scores."""
