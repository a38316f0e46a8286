"""Measure the human gap."""

from stages.app import run


def gap() -> None:
    """Measure how far computed sketches are from those that people draw.

    Writes data/gap and metrics/human-gap.json.
    """
    from pathlib import Path

    from s2f_core.common.config import load
    from s2f_core.evaluation.human_gap import Gap, write
    from s2f_core.metrics.inception_v3 import inception

    data = Path("data")
    network = inception(data / "assets")
    write(load(Gap, "gap"), data, network, data / "gap", Path("metrics/human-gap.json"))


if __name__ == "__main__":
    run(gap)
