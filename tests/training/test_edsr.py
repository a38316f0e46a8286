"""EDSR: its shapes, the authors' weights, its training and how it enlarges."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from fixtures import MakeTable
from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, to_model
from s2f_core.networks.edsr import EDSRSection, from_reference
from s2f_core.networks.upscalers import UPSCALERS
from s2f_core.networks.upscalers.edsr import EDSR_FILE, enlarge, ensemble, load_model, save_model
from s2f_core.training import edsr
from s2f_core.training.edsr import Patches, SuperResolution, fit, halve, read_photos, train
from stages.upscaler import upscaler

TINY = SuperResolution(
    role="faces", blocks=1, channels=8, skip="bicubic", steps=60, batch=8, patch=8, lr=2e-3
)


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """Forty photos of 32 px: thirty to train on, six to validate, four to test."""
    make_table("data/faces/kept", faces)
    parts = ["train"] * 30 + ["val"] * 6 + ["test"] * 4
    rows = pd.DataFrame({"id": [f"{row:03d}" for row in range(40)], "split": parts})
    rows.to_parquet(tmp_path / "data" / "faces" / "split.parquet")
    return tmp_path / "data"


def _patches(data: Path, seed: int = 0, **changes: object) -> Patches:
    section = TINY.model_copy(update=changes)
    return Patches(read_photos(data, section, "train"), section, seed)


@pytest.mark.parametrize("skip", ["none", "bicubic"])
def test_edsr_doubles_the_size_and_has_gradients_everywhere(skip: str) -> None:
    """[2, 3, 6, 10] → [2, 3, 12, 20], with a last layer that is not zero."""
    network = EDSRSection.model_validate({"blocks": 2, "channels": 4, "skip": skip}).build()
    nn.init.normal_(network.last.weight)
    image = torch.randn(2, 3, 6, 10)
    larger = network(image)
    assert larger.shape == (2, 3, 12, 20)
    larger.square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_the_baseline_has_the_papers_size() -> None:
    """16 blocks of 64 channels have 1.37 M weights, as the authors' ×2 baseline."""
    with torch.device("meta"):
        baseline = EDSRSection().build()
    assert sum(weight.numel() for weight in baseline.parameters()) == 1_369_859


def test_untrained_edsr_with_the_skip_is_bicubic(faces: Pixels) -> None:
    """The last layer starts at zero; the output equals OpenCV's up to rounding."""
    network = EDSRSection(blocks=1, channels=4, skip="bicubic").build()
    ours = enlarge(network, faces[:4], self_ensemble=False).astype(int)
    theirs = UPSCALERS["bicubic"](faces[:4], 64, Path())
    assert np.abs(ours - theirs).max() <= 1


def _reference(blocks: int, channels: int) -> tuple[dict[str, Tensor], Callable[[Tensor], Tensor]]:
    """A state dict as EDSR-PyTorch writes it, and that program's forward on [0, 255]."""
    random = torch.Generator().manual_seed(0)
    sizes = {"head.0": (channels, 3), f"body.{blocks}": (channels, channels)}
    for block in range(blocks):
        sizes |= {f"body.{block}.body.{layer}": (channels, channels) for layer in (0, 2)}
    sizes |= {"tail.0.0": (4 * channels, channels), "tail.1": (3, channels)}
    state = {}
    for key, (out, source) in sizes.items():
        state[f"{key}.weight"] = torch.randn(out, source, 3, 3, generator=random) / 8
        state[f"{key}.bias"] = torch.randn(out, generator=random) * 10
    mean = torch.tensor([0.4488, 0.4371, 0.4040]) * 255
    for kind, sign in (("sub", -1), ("add", 1)):
        state[f"{kind}_mean.weight"] = torch.eye(3).view(3, 3, 1, 1)
        state[f"{kind}_mean.bias"] = sign * mean

    def layer(name: str, x: Tensor) -> Tensor:
        return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=1)

    def forward(x: Tensor) -> Tensor:
        head = x = layer("head.0", F.conv2d(x, state["sub_mean.weight"], state["sub_mean.bias"]))
        for block in range(blocks):
            inner = layer(f"body.{block}.body.0", x).relu()
            x = x + layer(f"body.{block}.body.2", inner)
        x = layer(f"body.{blocks}", x) + head
        x = layer("tail.1", F.pixel_shuffle(layer("tail.0.0", x), 2))
        return F.conv2d(x, state["add_mean.weight"], state["add_mean.bias"])

    return state, forward


def test_the_authors_weights_give_the_authors_output() -> None:
    """The output in [-1, 1] equals theirs in [0, 255]."""
    state, forward = _reference(blocks=3, channels=8)
    section, weights = from_reference(state)
    assert (section.blocks, section.channels, section.skip) == (3, 8, "none")
    network = section.build()
    network.load_state_dict(weights)
    image = torch.rand(2, 3, 9, 7) * 255
    expected = forward(image) / 127.5 - 1
    torch.testing.assert_close(network(image / 127.5 - 1), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tail.0.2.weight": torch.zeros(32, 8, 3, 3)}, "it has tail.0.2.weight too"),
        ({"tail.0.0.weight": torch.zeros(72, 8, 3, 3)}, r"tail.0.0.weight is \[72, 8, 3, 3\]"),
        ({"head.0.weight": torch.zeros(256, 3, 3, 3)}, "scales its residuals"),
        ({"head.0.weight": None}, "not an EDSR of EDSR-PyTorch: its keys begin head.0.bias"),
        ({"tail.1.bias": None}, "tail.1.bias is missing"),
    ],
)
def test_weights_of_other_networks_are_refused(change: dict[str, Any], message: str) -> None:
    """×3, ×4, the large model, another network, a missing key."""
    state, _ = _reference(blocks=1, channels=8)
    with pytest.raises(UserError, match=message):
        from_reference({key: v for key, v in (state | change).items() if v is not None})


def test_halve_averages_areas() -> None:
    """Each pixel is the mean of four."""
    image = torch.arange(16.0).view(1, 1, 4, 4)
    assert halve(image).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]


def test_a_batch_depends_on_seed_and_step_only(data: Path) -> None:
    """The small patch is the large one halved, also for a whole image."""
    batches = _patches(data)
    small, large = batches[7]
    assert large.shape == (8, 3, 16, 16)
    assert torch.equal(small, halve(large))
    assert torch.equal(large, _patches(data)[7][1])
    assert not torch.equal(large, batches[8][1])
    assert not torch.equal(large, _patches(data, seed=1)[7][1])
    assert _patches(data, patch=48)[0][1].shape == (8, 3, 32, 32)


def test_patches_are_flipped_and_rotated(data: Path, faces: Pixels) -> None:
    """Whole images are compared with all eight views of every training photo."""
    views = {
        np.ascontiguousarray(np.rot90(face[:, ::step], turns)).tobytes(): (row, step, turns)
        for row, face in enumerate(faces[:30])
        for step in (1, -1)
        for turns in range(4)
    }
    batches = _patches(data, patch=16)
    patches = [
        views[image.tobytes()] for step in range(8) for image in from_model(batches[step][1])
    ]
    assert {step for _, step, _ in patches} == {1, -1}
    assert {turns for _, _, turns in patches} == {0, 1, 2, 3}
    assert len({row for row, _, _ in patches}) > 10


def test_training_is_deterministic(data: Path) -> None:
    """Two networks are equal to the bit, in float32 on one thread."""
    one, _ = train(_patches(data, steps=3), "32-true")
    two, _ = train(_patches(data, steps=3), "32-true")
    for name, weight in one.state_dict().items():
        assert torch.equal(weight, two.state_dict()[name]), name


def test_a_short_training_beats_bicubic(data: Path) -> None:
    """It does on unseen photos; the folder has the model, its scores and a preview."""
    fit(TINY, 0, "32-true", data)
    folder = (data / EDSR_FILE).parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "edsr.pt",
        "preview.png",
        "training.json",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["edsr"]
    summary = json.loads((folder / "training.json").read_text())
    assert summary["validation"]["images"] == 6
    assert summary["validation"]["psnr"]["edsr"] > summary["validation"]["psnr"]["bicubic"]
    photo = read_photos(data, TINY, "test").load([0])
    small = from_model(halve(to_model(torch.from_numpy(photo))))
    network, self_ensemble = load_model(data / EDSR_FILE)
    assert not self_ensemble
    larger = UPSCALERS["edsr"](small, 32, data)
    assert (larger == enlarge(network, small, self_ensemble=False)).all()
    assert larger.shape == photo.shape


def test_a_failed_write_keeps_the_previous_model(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at the preview."""
    short = TINY.model_copy(update={"steps": 1})
    fit(short, 0, "32-true", data)
    before = (data / EDSR_FILE).read_bytes()

    def full(path: Path, image: Pixels) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edsr, "save_png", full)
    with pytest.raises(OSError, match="No space"):
        fit(short, 1, "32-true", data)
    assert [path.name for path in (data / "upscalers").iterdir()] == ["edsr"]
    assert (data / EDSR_FILE).read_bytes() == before


def test_published_weights_replace_the_training(data: Path, tmp_path: Path) -> None:
    """training.json has the file's hash."""
    state, _ = _reference(blocks=2, channels=4)
    torch.save(state, tmp_path / "edsr_baseline_x2.pt")
    changes = {"weights": tmp_path / "edsr_baseline_x2.pt", "self_ensemble": True}
    fit(TINY.model_copy(update=changes), 0, "32-true", data)
    network, self_ensemble = load_model(data / EDSR_FILE)
    assert self_ensemble
    assert torch.equal(network.state_dict()["head.weight"], state["head.0.weight"])
    summary = json.loads((data / EDSR_FILE).with_name("training.json").read_text())
    assert len(summary["weights_sha256"]) == 64
    assert "seconds" not in summary


def test_self_ensemble_averages_all_eight_views() -> None:
    """A network that repeats pixels is unchanged; any other commutes with flips and turns."""
    image = torch.randn(2, 3, 4, 6)

    def repeat(x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2)

    torch.testing.assert_close(ensemble(repeat, image), repeat(image))
    network = EDSRSection(blocks=1, channels=4).build()
    once = ensemble(network, image)
    torch.testing.assert_close(ensemble(network, image.flip(2)).flip(2), once)
    rotated = torch.rot90(ensemble(network, torch.rot90(image, 1, (2, 3))), -1, (2, 3))
    torch.testing.assert_close(rotated, once)
    assert not torch.allclose(network(image), once)


def test_unsupported_inputs_and_files_are_refused(tmp_path: Path, faces: Pixels) -> None:
    """Another factor, grey images, no model, another program's file, a damaged file."""
    with pytest.raises(UserError, match="32 px images ×2, which is not the required 128 px"):
        UPSCALERS["edsr"](faces, 128, tmp_path)
    with pytest.raises(UserError, match=r"have 1 channel\(s\)"):
        UPSCALERS["edsr"](faces[..., :1], 64, tmp_path)
    with pytest.raises(UserError, match=r"edsr\.pt does not exist: .* dvc repro upscaler"):
        UPSCALERS["edsr"](faces, 64, tmp_path)
    file = tmp_path / EDSR_FILE
    file.parent.mkdir(parents=True)
    torch.save({"format": "s2f-generator", "version": 1}, file)
    with pytest.raises(UserError, match="is not an EDSR of s2f, version 1"):
        UPSCALERS["edsr"](faces, 64, tmp_path)
    save_model(file, EDSRSection(blocks=1, channels=4), {}, self_ensemble=False)
    with pytest.raises(UserError, match="is damaged: "):
        UPSCALERS["edsr"](faces, 64, tmp_path)


def test_unsuitable_photos_are_refused(data: Path, make_table: MakeTable, faces: Pixels) -> None:
    """Grey photos, an odd size, an empty split."""
    grey = TINY.model_copy(update={"role": "grey"})
    for images in (faces[..., :1], faces[:, :31, :31]):
        make_table("data/grey/kept", np.ascontiguousarray(images))
        with pytest.raises(UserError, match="learns from colour photos whose size is a multiple"):
            read_photos(data, grey, "train")
    pd.DataFrame({"id": ["other"], "split": ["val"]}).to_parquet(data / "faces" / "split.parquet")
    with pytest.raises(UserError, match="no photo of the val split"):
        read_photos(data, TINY, "val")


def test_the_upscaler_stage_reads_params_yaml(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It uses the project's parameters with fewer steps."""
    settings = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
    settings["edsr"].update(steps=2, batch=2, channels=4, blocks=1)
    (data.parent / "params.yaml").write_text(yaml.safe_dump(settings))
    monkeypatch.chdir(data.parent)
    upscaler()
    assert (data / EDSR_FILE).exists()
