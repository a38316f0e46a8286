"""Evaluations of tiny tables, by stand-ins for the feature networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.selection import VariantData
from s2f_core.data.tables import Table
from s2f_core.evaluation.evaluate import EvaluationResult, Subject, evaluate_outputs
from s2f_core.evaluation.image_sets import Networks
from s2f_core.metrics.edge_consistency import ConditionRedraw
from s2f_core.metrics.types import Values

TRAIN, TEST = [f"{row:03d}" for row in range(30)], [f"{row:03d}" for row in range(30, 40)]


class MeanFeatures:
    """A stand-in for Inception: the mean colour of each quarter of an image."""

    network = "of no network"
    resize = "none"
    loss_network = ""

    def __call__(self, images: Pixels) -> Values:
        """Features [n, 12]."""
        wide = np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
        quarters = wide.reshape(len(wide), 2, 16, 2, 16, 3).mean(axis=(2, 4))
        return np.asarray(quarters.reshape(len(wide), -1) / 255.0)


class BrightFaces:
    """A stand-in for the face detector: images lighter than 100 are faces."""

    network = "of no network"
    resize = "none"
    loss_network = ""

    def __call__(self, images: Pixels) -> Values:
        """Points [n, 2 · 468], NaN without a face."""
        mean = images.reshape(len(images), -1).mean(axis=1)
        across = np.linspace(0, 10, 2 * 468)
        return np.asarray(np.where(mean > 100, mean, np.nan)[:, None] + across)


class OfPairs:
    """A stand-in for LPIPS: the mean difference of the two images of a pair."""

    network = "of no network"
    resize = "none"
    loss_network = "lpips-alex"

    def __call__(self, images: Pixels) -> Values:
        """Distances [n, 1]."""
        ours, theirs = images[..., :3].astype(float), images[..., 3:].astype(float)
        return np.asarray(np.abs(ours - theirs).mean(axis=(1, 2, 3)))[:, None]


def subject(**changes: Any) -> Subject:
    """A translation of these tables."""
    values = {
        "name": "tiny",
        "variant": "tiny",
        "upscaler": "none",
        "role": "faces",
        "background": "kept",
        "condition": "pencil",
        "direction": "a-to-b",
        "kind": "pairs",
    }
    return Subject.model_validate({**values, **changes})


def evaluate(
    data: Path,
    variant_data: VariantData,
    outputs: Table,
    condition: ConditionRedraw | None = None,
    loss_networks: tuple[str, ...] = (),
    **changes: str,
) -> EvaluationResult:
    """Score outputs of the test split."""
    networks: Networks = {
        "inception": MeanFeatures(),
        "faces": BrightFaces(),
        "drawn_faces": BrightFaces(),
        "lpips": OfPairs(),
    }
    scored = subject(**changes)
    training = variant_data.pairs(data, "train", direction=scored.direction)
    test = variant_data.pairs(data, "test", direction=scored.direction)
    return evaluate_outputs(
        scored, outputs, training, test, networks, condition, loss_networks=loss_networks
    )
