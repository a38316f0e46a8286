"""Inception's features: torch-fidelity's network against the one here.

Run ``dvc repro`` first; then ``python -m benchmarks.inception [NAME …] [--csv FILE]``. For each
of the translations, its outputs and the real images go through both, in turns, a quarter at a time.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3

from benchmarks.table import Table, arguments, spread
from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data import tables
from s2f_core.data.selection import VariantData
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.fid import fid
from s2f_core.metrics.inception_v3 import INCEPTION
from s2f_core.metrics.kid import kid
from s2f_core.metrics.types import Values

DATA = Path("data")
WEIGHTS = DATA / "assets" / "inception" / "inception.pt"
NAMES = ("pix2pix-pencil", "best", "resnet-bicubic", "draw", "edges-nobg")
BATCH = 8
WARM = np.zeros((2, 64, 64, 3), np.uint8)
TURNS = 4  # parts of a set of images

COLUMNS = {
    "translation": "",
    "plain, images/s": ".1f",
    "ours, images/s": ".1f",
    "× plain": ".2f",
    "spread": ".0%",
    "× plain, CPU time": ".2f",
    "FID": ".4f",
    "moved": "+.5%",
    "KID moved": ".0e",
}

Extract = Callable[[Pixels], Values]


def main(argv: Sequence[str] | None = None) -> None:
    """Print, for each translation, images per second of both, and by how much FID and KID move."""
    parser = arguments(__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    options = parser.parse_args(argv)
    plain, ours = Plain(), FeatureExtractor(WEIGHTS, INCEPTION)
    with Table(COLUMNS, options.csv) as table:
        for name in options.names:
            with tempfile.TemporaryDirectory() as folder:  # no shared cache
                os.environ["S2F_CACHE"] = folder
                plain(WARM), ours(WARM)
                table.add(name, *_row(name, plain, ours))


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
        features = [self.forward(few)[0] for few in torch.split(planes, BATCH)]
        return np.asarray(torch.cat(features).double())


def _row(name: str, plain: Plain, ours: FeatureExtractor) -> list[float]:
    """Measure a row of the table, without its name."""
    extractors: tuple[Extract, Extract] = plain, ours
    times: list[list[tuple[float, float]]] = [[], []]  # by plain and by ours: wall and CPU seconds
    features: list[list[Values]] = [[], []]  # outputs and real images
    sets = _sets(name)
    for images in sets:
        turns: list[list[Values]] = [[], []]
        for few in np.array_split(images, TURNS):
            for place, extract in enumerate(extractors):
                began, own = time.perf_counter(), time.process_time()
                turns[place].append(extract(few))
                times[place].append((time.perf_counter() - began, time.process_time() - own))
        for place, parts in enumerate(turns):
            features[place].append(np.concatenate(parts))
    before, after = fid(*features[0]), fid(*features[1])
    kid_shift = abs(kid(*features[1]) - kid(*features[0]))
    seconds = np.array(times)
    slow, fast = sum(map(len, sets)) / seconds[..., 0].sum(axis=1)
    ratios = seconds[0] / seconds[1]
    wall, busy = np.median(ratios, axis=0)
    return [slow, fast, wall, spread(ratios[:, 0]), busy, before, after / before - 1, kid_shift]


def _sets(name: str) -> tuple[Pixels, Pixels]:
    """The outputs of a translation, and the real images."""
    (file,) = (DATA / "evaluations").glob(f"*/{name}/evaluation.json")
    evaluation = json.loads(file.read_text())
    section = {key: evaluation[key] for key in ("role", "background", "condition")}
    test = VariantData(**section).pairs(DATA, "test")
    outputs = tables.read(DATA / "translations" / evaluation["variant"] / name)
    real = test.targets.images(test.targets.positions(test.ids_b))
    return to_rgb(outputs.images(range(len(outputs.accepted)))), to_rgb(real)


if __name__ == "__main__":
    main()
