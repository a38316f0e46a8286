"""Face KID: the kernel distance of two sets of faces, in the space of a face network."""

from __future__ import annotations

import numpy as np

from s2f_core.metrics.bootstrap import RESAMPLED_SETS
from s2f_core.metrics.mmd import compute_kernels, mmd, mmd_interval
from s2f_core.metrics.types import SetScore, Values


def face_kid(outputs: Values, targets: Values) -> float:
    """Return the unbiased MMD² of face descriptors [n, 128] and [m, 128]; may be below 0.

    As KID (Bińkowski et al. 2018), with the cubic kernel of descriptors of unit length.
    """
    return mmd(compute_kernels(unit_kernel, outputs, targets))


def face_kid_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the face KID; see :func:`.mmd_interval`."""
    del value
    return mmd_interval(compute_kernels(unit_kernel, outputs, targets), random)


def unit_kernel(x: Values, y: Values) -> Values:
    """Return (cos + 1)³ of the angle of each vector of x [n, d] with each of y [m, d]: [n, m]."""
    ours, theirs = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (x, y))
    kernel: Values = (ours @ theirs.T + 1.0) ** 3
    return kernel


FACE_KID = SetScore(
    title="Face KID",
    space="identity",
    value=face_kid,
    interval=face_kid_interval,
    higher_is_better=False,
    range=(None, None),
    library="s2f with onnxruntime and ai-edge-litert",
    interval_by=f"percentiles of {RESAMPLED_SETS}",
    describe=(
        "Squared MMD to the face descriptors of the real test images, cubic kernel; unbiased at "
        "any N. It judges faces by a network that did not learn ImageNet. Outputs with a target "
        "are cropped by the target's face, others by their own; those without a face are left out. "
        "Only where at least half of the real images have a face."
    ),
)
