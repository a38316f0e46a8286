"""Train the super-resolution network."""

from stages.app import run


def upscaler() -> None:
    """Train EDSR on the training photos, or copy published weights.

    Writes data/upscalers/edsr.
    """
    from pathlib import Path

    from s2f_core.common.config import load
    from s2f_core.common.device import Precision
    from s2f_core.common.seeding import Seed
    from s2f_core.training.edsr import SuperResolution, fit

    section = load(SuperResolution, "edsr")
    fit(section, load(Seed, "seed"), load(Precision, "precision"), Path("data"))


if __name__ == "__main__":
    run(upscaler)
