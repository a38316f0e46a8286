"""Inception's features: torch-fidelity's network as it comes against the one here.

Run ``dvc repro`` first; then ``python -m benchmarks.inception [NAME …]``. For each of the
translations, its outputs and the real images go through both, in turns. Nothing is cached.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3

from s2f_core import tables
from s2f_core.data import Data
from s2f_core.images import Pixels, rgb
from s2f_core.scores.distances import fid, kid
from s2f_core.scores.inception import Features
from s2f_core.scores.kinds import Values

DATA = Path("data")
WEIGHTS = DATA / "assets" / "inception" / "inception.pt"
NAMES = ("pix2pix-pencil", "pix2pix-hed", "cyclegan", "objects", "pose")
BATCH = 8  # as fast as 16 and 32
WARM = 8  # images that are not counted

See = Callable[[Pixels], Values]


def main(names: list[str]) -> None:
    """Print, for each translation, images per second of both, and by how much FID and KID move."""
    cores, threads = os.cpu_count(), torch.get_num_threads()
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {cores} cores, {threads} threads, torch {torch.__version__}\n")
    print("| | images | plain, images/s | ours | ratio | in CPU time | FID | moved | KID moved |")
    print(f"|---{'|---:' * 8}|")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["S2F_CACHE"] = folder
        plain, ours = Plain(), Features(WEIGHTS)
        ratios = [_row(name, plain, ours) for name in names]
    spread = (max(ratios) - min(ratios)) / np.median(ratios)
    print(f"\nRatio: median {np.median(ratios):.2f}, spread {spread:.0%}")


class Plain(FeatureExtractorInceptionV3):  # type: ignore[misc]  # no types
    """torch-fidelity's extractor with the weights of the asset."""

    def __init__(self) -> None:
        """torch.load gives a TorchScript file's module, and warns of it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = str(WEIGHTS)
            super().__init__("plain", ["2048"], feature_extractor_weights_path=path)

    def load_state_dict(self, copy: torch.nn.Module) -> None:
        """The asset's tensors, in the order of the convolutions."""
        tensors = iter(copy.state_dict().values())
        for part in self.modules():
            if isinstance(part, BasicConv2d):
                norm = part.bn
                torch.nn.init.ones_(norm.weight)
                for place in (part.conv.weight, norm.bias, norm.running_mean, norm.running_var):
                    place.data.copy_(next(tensors))

    @torch.inference_mode()
    def __call__(self, images: Pixels) -> Values:
        """Features float64 [n, 2048] of uint8 [n, H, W, 3]."""
        planes = torch.from_numpy(images).permute(0, 3, 1, 2)
        seen = [self.forward(few)[0] for few in torch.split(planes, BATCH)]
        return np.asarray(torch.cat(seen).double())


def _row(name: str, plain: Plain, ours: Features) -> float:
    """Print one row; the ratio of images per second."""
    sets = _sets(name)
    sees: tuple[See, See] = plain, ours
    taken = np.zeros((2, 2))  # by plain and by ours: seconds, CPU seconds
    seen: list[list[Values]] = [[], []]
    for images in sets:
        for place, see in enumerate(sees):
            see(images[:WARM])
            began = np.array([time.perf_counter(), time.process_time()])
            seen[place].append(see(images))
            taken[place] += [time.perf_counter(), time.process_time()] - began
    before, after = fid(*seen[0]), fid(*seen[1])
    moved = abs(kid(*seen[1]) - kid(*seen[0]))
    count = sum(map(len, sets))
    (slow, slow_busy), (fast, fast_busy) = taken
    print(
        f"| {name} | {count} | {count / slow:.1f} | {count / fast:.1f} | {slow / fast:.2f} "
        f"| {slow_busy / fast_busy:.2f} | {before:.4f} | {after / before - 1:+.5%} | {moved:.0e} |",
        flush=True,
    )
    return float(slow / fast)


def _sets(name: str) -> tuple[Pixels, Pixels]:
    """The outputs of a translation, and the real images they are held against."""
    evaluation = json.loads((DATA / "evaluations" / name / "evaluation.json").read_text())
    section = {key: evaluation[key] for key in ("role", "background", "condition")}
    test = Data(**section).pairs(DATA, "test")
    outputs = tables.read(DATA / "translations" / name)
    real = test.targets.images(test.targets.positions(test.ids_b))
    return rgb(outputs.images(range(len(outputs.accepted)))), rgb(real)


if __name__ == "__main__":
    main(sys.argv[1:] or list(NAMES))
