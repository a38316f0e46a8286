"""The ``s2f`` command: every stage as a sub-command."""

from __future__ import annotations

from stages.add import add
from stages.app import run
from stages.backfill import backfill
from stages.background import background
from stages.code import code
from stages.condition import condition
from stages.conditions import conditions
from stages.dataset import dataset
from stages.datasets import datasets
from stages.demo import demo
from stages.describe import describe
from stages.evaluate import evaluate
from stages.export import export
from stages.fetch import fetch
from stages.gap import gap
from stages.import_checkpoint import import_checkpoint
from stages.licences import licences
from stages.report import report
from stages.review import review
from stages.split import split
from stages.survey import survey
from stages.sweeps import sweeps
from stages.train import train
from stages.translate import translate
from stages.upscaler import upscaler
from stages.video import video

COMMANDS = (
    code,
    fetch,
    dataset,
    background,
    condition,
    split,
    upscaler,
    train,
    evaluate,
    gap,
    report,
    review,
    survey,
    demo,
    add,
    sweeps,
    datasets,
    conditions,
    describe,
    translate,
    video,
    backfill,
    import_checkpoint,
    export,
    licences,
)


def main() -> None:
    """Run one stage; ``dvc repro`` runs all that are out of date, in order."""
    run(*COMMANDS)


if __name__ == "__main__":
    main()
