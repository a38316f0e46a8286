"""Signals, a closed terminal, a full disk or memory: an ended training loses no saved state."""

from __future__ import annotations

import os
import pty
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures import SilentRun

from s2f_core.common.errors import UserError
from s2f_core.common.signals import Interruption
from s2f_core.data.pairs import Pairs
from s2f_core.networks import checkpoint
from s2f_core.training import loop, run
from s2f_core.training.run import Outputs, fit, prepare
from s2f_core.training.variant import Settings

Train = Callable[[], None]


class _HookedObjective:
    """An objective that calls ``action`` within its n-th step."""

    def __init__(self, objective: Any, step: int, action: Callable[[], object]) -> None:
        self.objective, self.left, self.action = objective, step, action

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)

    def step(self, *inputs: Any) -> Any:
        """The step of the objective."""
        self.left -= 1
        if not self.left:
            self.action()
        return self.objective.step(*inputs)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outputs:
    """The outputs of trainings, without MLflow."""

    @contextmanager
    def silent_run(*_: object) -> Iterator[SilentRun]:
        yield SilentRun()

    monkeypatch.setattr(run, "training_run", silent_run)
    return Outputs(tmp_path / "model", tmp_path / "curves.csv", tmp_path / "validation.csv")


@pytest.fixture
def train(settings: Settings, splits: dict[str, Pairs], files: Outputs, tmp_path: Path) -> Train:
    """Start or resume a training, with its state in the folder ``states``."""
    return lambda: fit(settings, splits, tmp_path / "states", files)


def _interrupt(monkeypatch: pytest.MonkeyPatch, step: int, *numbers: int) -> None:
    """Send signals to the next training in this step."""
    _hook(monkeypatch, step, lambda: [*map(signal.raise_signal, numbers)])


def _hook(monkeypatch: pytest.MonkeyPatch, step: int, action: Callable[[], object]) -> None:
    """Call ``action`` in this step of the next training."""

    def prepare_hooked(*inputs: Any) -> Any:
        monkeypatch.setattr(run, "prepare", prepare)
        training = prepare(*inputs)
        training.objective = _HookedObjective(training.objective, step, action)  # type: ignore[assignment]
        return training

    monkeypatch.setattr(run, "prepare", prepare_hooked)


@pytest.mark.parametrize(
    ("number", "code", "step"),
    [
        (signal.SIGINT, 130, 7),
        (signal.SIGTERM, 143, 7),
        (signal.SIGTERM, 143, 12),
        (signal.SIGHUP, 129, 7),
    ],
)
def test_an_interrupted_training_saves_and_resumes(
    train: Train,
    files: Outputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
    code: int,
    step: int,
) -> None:
    """Between two rows of the curves, or in its last step; no step is lost."""
    handler = signal.getsignal(number)
    _interrupt(monkeypatch, step, number)
    with pytest.raises(SystemExit) as error:
        train()
    assert error.value.code == code
    after = signal.SIG_IGN if number == signal.SIGHUP else handler
    assert signal.getsignal(number) is after
    signal.signal(number, handler)
    (state,) = (tmp_path / "states").iterdir()
    assert checkpoint.load(state)["step"] == step
    assert not files.model.exists()
    assert ("tiny: interrupted after step 7 and saved" in caplog.text) is (step == 7)

    train()
    outputs = [files.model / "a-to-b.pt", files.curves, files.validation]
    contents = [file.read_bytes() for file in outputs]
    train()
    assert contents == [file.read_bytes() for file in outputs]


def test_a_second_ctrl_c_exits_at_once(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM after Ctrl-C, as torchrun sends them, does not count as a second one."""
    _interrupt(monkeypatch, 3, signal.SIGINT, signal.SIGINT)
    with pytest.raises(SystemExit, match="130"):
        train()
    assert not (tmp_path / "states").exists()
    _interrupt(monkeypatch, 3, signal.SIGINT, signal.SIGTERM)
    with pytest.raises(SystemExit, match="143"):
        train()
    assert (tmp_path / "states").exists()


def test_a_closed_terminal_saves_though_it_hangs_up_twice_and_takes_no_output(
    tmp_path: Path,
) -> None:
    """The system sends SIGHUP, then the shell does; printing to the terminal would be an error."""
    saved = tmp_path / "saved"
    ours, theirs = pty.openpty()
    code = f"""
import os, signal, sys
from contextlib import suppress
from pathlib import Path
from s2f_core.common.signals import Interruption
os.open({os.ttyname(theirs)!r}, os.O_RDWR)  # becomes this session's terminal
interruption = Interruption()
with interruption.record_signals():
    print("ready", flush=True)
    with suppress(OSError):
        os.read(0, 1)  # until the terminal is closed
    signal.raise_signal(signal.SIGHUP)
    print("saving", flush=True)
    print("saving", file=sys.stderr, flush=True)
    Path({str(saved)!r}).write_text(str(interruption.signal))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    assert os.read(ours, 5) == b"ready"
    os.close(ours)
    assert process.wait(60) == 129
    assert saved.read_text() == str(int(signal.SIGHUP))


def test_a_process_under_nohup_outlives_its_terminal() -> None:
    """It was started to ignore SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interruption = Interruption()
    with interruption.record_signals():
        signal.raise_signal(signal.SIGHUP)
    assert interruption.signal is None
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    signal.signal(signal.SIGHUP, before)


def test_handlers_are_restored_after_the_block() -> None:
    """A signal recorded late ends the process."""
    interruption = Interruption()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit, match="143"), interruption.record_signals():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_out_of_memory_is_explained_and_loses_nothing(
    train: Train,
    files: Outputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message says what to do; the last saved state can be resumed."""
    monkeypatch.setattr(loop, "SAVE_EVERY", 0)
    _hook(monkeypatch, 12, lambda: torch.empty(2**50))
    with pytest.raises(UserError, match=r"no memory left for variants\.tiny: .*accumulate"):
        train()
    (state,) = (tmp_path / "states").iterdir()
    assert checkpoint.load(state)["step"] == 10
    train()
    curves = files.curves.read_bytes()
    train()
    assert files.curves.read_bytes() == curves


def test_another_error_is_not_out_of_memory(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug stays a bug."""
    _hook(monkeypatch, 3, lambda: torch.zeros(2) + torch.zeros(3))
    with pytest.raises(RuntimeError, match="must match the size"):
        train()


@pytest.fixture
def small_disk() -> Iterator[int]:
    """A limit of the system, in bytes, that no file of this process grows beyond."""
    limit = 2**16
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_becomes_full_keeps_the_older_state(tmp_path: Path, small_disk: int) -> None:
    """The write fails half-way: the old file is whole, and nothing is beside it."""
    file = tmp_path / "state.pt"
    checkpoint.save(file, {"done": 1})
    with pytest.raises(UserError, match=r"state\.pt cannot be written: .*File too large"):
        checkpoint.save(file, {"done": 2, "weights": torch.zeros(small_disk)})
    assert checkpoint.load(file) == {"done": 1}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("broken", ["os.fsync", "pathlib.Path.replace"])
def test_a_disk_that_fails_late_keeps_the_older_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The system reports the error only at the end of the write."""
    file = tmp_path / "state.pt"
    checkpoint.save(file, {"done": 1})

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(broken, fail)
    with pytest.raises(UserError, match="No space left on device"):
        checkpoint.save(file, {"done": 2})
    assert checkpoint.load(file) == {"done": 1}
    assert list(tmp_path.iterdir()) == [file]
