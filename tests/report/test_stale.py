"""Metrics of variants that are no more are removed, and nothing else."""

from pathlib import Path

import pytest

from s2f_core.report.stale import remove_stale_metrics


def test_metrics_of_a_renamed_variant_are_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Plots show whole folders: they would show the old name beside the new one."""
    current = ["best.json", "curves/best.csv", "validation/best.csv"]
    others = [".gitkeep", "human-gap.json", "leaderboard.csv", "curves/notes.txt"]
    stale = ["old.json", "curves/old.csv", "validation/old.csv"]
    for name in (*current, *others, *stale):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    remove_stale_metrics(tmp_path, {"best": None})
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*current, *others}
    (message,) = caplog.messages
    assert all(str(tmp_path / name) in message for name in stale)

    caplog.clear()
    remove_stale_metrics(tmp_path, {"best": None})
    assert caplog.messages == []
