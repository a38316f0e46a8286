"""Train EDSR ×2 on the project's photos: from half their size to their size."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam
from tqdm import tqdm

from s2f_core.common.atomic import atomic_folder, write_json
from s2f_core.common.device import Precision, resolve_precision
from s2f_core.common.entry_names import Name
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, grid, repeat_pixels, save_png, to_model
from s2f_core.common.seeding import stream
from s2f_core.data.split import Part, read_ids
from s2f_core.data.tables import Table, read
from s2f_core.metrics.psnr import psnr
from s2f_core.networks.edsr import FACTOR, EDSRSection, from_reference
from s2f_core.networks.reference.load import read_state_dict
from s2f_core.networks.upscalers.bicubic import bicubic
from s2f_core.networks.upscalers.edsr import EDSR_FILE, enlarge, save_model

log = logging.getLogger(__name__)

PATCH_STREAM = 0  # number of the random stream
DECAY = 0.5  # the last share of the steps, in which the rate falls linearly to zero
MAX_VALIDATION_PHOTOS = 128  # enough for 0.1 dB, and seconds on a CPU
PREVIEW_ROWS = 4


class SuperResolution(EDSRSection):
    """Training of EDSR ×2 on the project's photos: ``edsr:`` (Lim et al. 2017).

    With ``weights``, the file's ``blocks``, ``channels`` and ``skip`` replace the keys, and
    ``steps`` to ``lr`` have no effect. The authors publish the ×2 baseline as
    https://cv.snu.ac.kr/research/EDSR/models/edsr_baseline_x2-1bc95232.pt. DVC does not watch the
    file: after changing it, run ``dvc repro --force upscaler``.
    """

    role: Name = Field(description="Role whose photos it learns from.")
    background: Literal["kept", "removed"] = Field(
        "kept", description="Photos with the background kept or removed."
    )
    steps: int = Field(300_000, ge=1, le=10**9, description="Training steps (the paper: 300,000).")
    batch: int = Field(16, ge=1, le=65536, description="Patches per step.")
    patch: int = Field(
        48,
        ge=4,
        le=4096,
        description="Side in pixels of the small patches; at most the small image's.",
    )
    lr: float = Field(
        1e-4, gt=0, le=1, description="Learning rate of Adam; falls linearly to zero at the end."
    )
    self_ensemble: bool = Field(
        False,
        description=(
            "Average eight flips and turns of each image: better, at eight times the cost."
        ),
    )
    weights: Path | None = Field(
        None, description="File of the authors' EDSR-PyTorch to use instead of training."
    )


@dataclass(frozen=True)
class Photos:
    """Photos of one split, by their positions in a table."""

    table: Table
    positions: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def size(self) -> int:
        """Pixels a side."""
        return self.table.shape[0]

    def load(self, rows: npt.ArrayLike) -> Pixels:
        """Return the photos at these rows, uint8 [n, H, W, 3]."""
        return self.table.images(self.positions[np.asarray(rows)])


def read_photos(data: Path, section: SuperResolution, part: Part) -> Photos:
    """Return the photos of one split under the data root.

    Raises UserError where they are missing, grey or of an odd size, or the split has none.
    """
    folder = data / section.role
    table = read(folder / section.background)
    height, _, channels = table.shape
    if channels != 3 or height % FACTOR:
        raise UserError(
            f"edsr: {table.folder} has images of {table.shape}; it learns from colour photos "
            f"whose size is a multiple of {FACTOR}"
        )
    accepted = set(table.accepted["id"])
    ids = [name for name in read_ids(folder / "split.parquet", part) if name in accepted]
    if not ids:
        raise UserError(f"edsr: {table.folder} has no photo of the {part} split")
    return Photos(table, table.positions(ids))


def halve(images: Tensor) -> Tensor:
    """Halve the size of images [B, C, H, W] by area averaging, as a variant's ``scale: 0.5``."""
    return F.interpolate(images, scale_factor=1 / FACTOR, mode="area")


@dataclass(frozen=True)
class Patches:
    """Training batches, each a pure function of the seed and the step.

    Photos are sampled with replacement. Each gives a random patch, flipped with probability 0.5 and
    rotated by 0 to 3 quarter turns.
    """

    photos: Photos
    section: SuperResolution
    seed: int

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """Return small patches [B, 3, p, p] and the large ones [B, 3, 2p, 2p] in [-1, 1]."""
        random = stream(self.seed, PATCH_STREAM, step)
        count, size = self.section.batch, self.photos.size
        side = min(self.section.patch * FACTOR, size)
        images = self.photos.load(random.integers(0, len(self.photos), count))
        corners = FACTOR * random.integers(0, (size - side) // FACTOR + 1, (count, 2))
        turns, flips = random.integers(0, 4, count), random.random(count) < 0.5
        patches = [
            np.rot90(image[top : top + side, left : left + side][:, :: -1 if flip else 1], turn)
            for image, (top, left), turn, flip in zip(images, corners, turns, flips, strict=True)
        ]
        large = to_model(torch.from_numpy(np.stack(patches)))
        return halve(large), large


def train(patches: Patches, precision: Precision) -> tuple[nn.Module, dict[str, Any]]:
    """Train EDSR with L1 and Adam (section 4.2); return it with figures for ``training.json``."""
    section = patches.section
    resolved = resolve_precision(precision)
    fabric = Fabric(accelerator="auto", devices=1, precision=resolved)
    torch.manual_seed(patches.seed)
    edsr = section.build()
    network, optimizer = fabric.setup(edsr, Adam(edsr.parameters(), section.lr, fused=True))
    started = time.monotonic()
    loss = torch.zeros(())
    progress = tqdm(range(section.steps), "edsr", unit="step")
    for step in progress:
        small, large = (images.to(fabric.device) for images in patches[step])
        for group in optimizer.param_groups:
            group["lr"] = section.lr * min(1.0, (1 - step / section.steps) / DECAY)
        loss = F.l1_loss(network(small), large)
        optimizer.zero_grad()
        fabric.backward(loss)
        optimizer.step()
        if step % 50 == 0:
            progress.set_postfix(l1=f"{loss.item():.4f}")
            _require_finite(loss, step, section.lr)
    _require_finite(loss, section.steps, section.lr)
    return edsr, {
        "training_images": len(patches.photos),
        "seconds": round(time.monotonic() - started, 1),
        "last_l1": round(loss.item(), 5),
        "precision": resolved,
        "device": str(fabric.device),
    }


def _require_finite(loss: Tensor, step: int, lr: float) -> None:
    if not torch.isfinite(loss):
        raise UserError(f"edsr: the loss is not finite at step {step}: set 'lr' below {lr:g}")


def load_reference(file: Path) -> tuple[EDSRSection, nn.Module, dict[str, Any]]:
    """Return section, network and SHA-256 of a file of the authors.

    Raises UserError where the file is no EDSR ×2 of EDSR-PyTorch.
    """
    section, weights = from_reference(read_state_dict(file))
    network = section.build()
    network.load_state_dict(weights)
    return section, network, {"weights_sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def fit(section: SuperResolution, seed: int, precision: Precision, data: Path) -> None:
    """Train EDSR or load published weights; write it with its scores under the data root.

    ``edsr.pt``, ``training.json`` and ``preview.png`` are written atomically as one folder.
    """
    validation = read_photos(data, section, "val")
    architecture: EDSRSection = section
    if section.weights:
        architecture, network, figures = load_reference(section.weights)
    else:
        patches = Patches(read_photos(data, section, "train"), section, seed)
        network, figures = train(patches, precision)
    network.eval()
    scores, preview = validate(network, validation, self_ensemble=section.self_ensemble)
    summary = {
        "settings": section.model_dump(mode="json"),
        "parameters": sum(weight.numel() for weight in network.parameters()),
        **figures,
        "validation": scores,
    }
    weights = {name: value.cpu() for name, value in network.state_dict().items()}
    with atomic_folder((data / EDSR_FILE).parent) as unfinished:
        file = unfinished / EDSR_FILE.name
        save_model(file, architecture, weights, self_ensemble=section.self_ensemble)
        write_json(unfinished / "training.json", summary)
        save_png(unfinished / "preview.png", preview)


def validate(
    network: nn.Module, validation: Photos, *, self_ensemble: bool
) -> tuple[dict[str, Any], Pixels]:
    """Return the PSNR in dB of EDSR and bicubic on at most 128 photos, and a preview of four.

    The preview's columns are the small image, bicubic, EDSR and the photo.
    """
    originals = validation.load(range(min(MAX_VALIDATION_PHOTOS, len(validation))))
    small = from_model(halve(to_model(torch.from_numpy(originals))))
    by_edsr = enlarge(network, small, self_ensemble=self_ensemble)
    by_bicubic = bicubic(small, validation.size, Path())
    scores = {
        name: round(float(psnr(outputs, originals).mean()), 3)
        for name, outputs in (("edsr", by_edsr), ("bicubic", by_bicubic))
    }
    log.info("edsr: %(edsr).2f dB on validation photos, bicubic %(bicubic).2f dB", scores)
    rows = zip(small[:PREVIEW_ROWS], by_bicubic, by_edsr, originals, strict=False)
    tiles = [image for row in rows for image in (repeat_pixels(row[0], validation.size), *row[1:])]
    return {"images": len(originals), "psnr": scores}, grid(tiles, columns=4)
