"""Build the report."""

from stages.app import run


def report() -> None:
    """Write the self-contained page and the leaderboard from what the other stages wrote."""
    from pathlib import Path

    from s2f_core.params import load
    from s2f_core.report import Study, build

    build(
        Path("report/index.html"),
        Path("metrics/leaderboard.csv"),
        load(dict[str, Study], "studies"),
        list(load(dict[str, object], "translations")),
    )


if __name__ == "__main__":
    run(report)
