"""A progress bar whose output is gone."""

from __future__ import annotations

import os
import sys

import pytest

from s2f_core.common.progress import progress_bar


def test_a_closed_pipe_does_not_end_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with ``| tee log``: Ctrl-C ends ``tee`` first, and the training has yet to be saved."""
    reader, writer = os.pipe()
    output = os.fdopen(writer, "w")
    monkeypatch.setattr(sys, "stderr", output)
    bar = progress_bar(total=3, mininterval=0)
    bar.update()
    assert b"1/3" in os.read(reader, 1000)
    os.close(reader)
    bar.update(2)
    bar.close()
    with pytest.raises(BrokenPipeError):
        output.close()
