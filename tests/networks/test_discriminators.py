"""Discriminators: the contract over the registry, receptive fields, and ResNet-18's weights."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from backbone_weights import write_narrow_assets
from network_contract import (
    SIZES,
    assert_learns,
    assert_survives_a_file,
    build_or_refuse,
    discriminator,
    registry_cases,
)
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.networks import Discriminator
from s2f_core.networks.discriminator_base import MultiScaleDiscriminator
from s2f_core.networks.layers import initialise

JRELU = {"type": "jrelu"}
OPTIONS = [
    {"type": "patchgan", "layers": 0},
    {"type": "patchgan", "layers": 0, "norm": "instance"},
    {"type": "patchgan", "layers": 0, "norm": "instance-affine", "spectral": True},
    {"type": "patchgan", "layers": 1, "spectral": True, "norm": "none"},
    {"type": "patchgan", "layers": 2, "activation": JRELU},
    {"type": "patchgan", "layers": 1, "scales": 2},
    {"type": "patchgan", "layers": 2, "width_ratio": 0.1},
    {"type": "strided", "layers": 2, "spectral": True, "width_ratio": 1.5},
    {"type": "dcgan", "spectral": True, "norm": "none", "activation": JRELU},
    {"type": "fc", "hidden": [7, 5, 3], "activation": JRELU},
]
LOGITS = {"projected": 4, "several": 8}  # channels of the logits, beside one a scale
HUB_FILE = "hub/checkpoints/resnet18-f37072fd.pth"


@pytest.fixture(autouse=True)
def _assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backbones read narrow weights from the working folder's data/assets."""
    write_narrow_assets(tmp_path / "data" / "assets")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("options", [*registry_cases(Discriminator), *OPTIONS], ids=str)
def test_a_discriminator_holds_the_contract_or_refuses_the_size(
    options: dict[str, Any], size: int
) -> None:
    """Features, logits and gradients everywhere, or a UserError that says why."""
    torch.manual_seed(0)
    section = discriminator(**options)
    network = build_or_refuse(section, size, 4, 1, 3)
    if network is None:
        return
    initialise(network, "kaiming")
    inputs = torch.rand(3, 4, size, size) * 2 - 1
    *features, logits = network(inputs)
    assert features
    assert all(len(feature) == 3 and feature.dtype == torch.float32 for feature in features)
    assert logits.shape[:2] == (3, LOGITS.get(options["type"], options.get("scales", 1)))
    assert logits.shape[2] == logits.shape[3]
    assert_learns(network, logits)


@pytest.mark.parametrize("options", [*registry_cases(Discriminator), *OPTIONS], ids=str)
def test_every_discriminator_fits_64_px_and_a_file(options: dict[str, Any]) -> None:
    """No type refuses every size; one image trains; weights survive a file."""
    network, twin = (discriminator(**options).build(64, 2, 0, 3) for _ in range(2))
    image = torch.randn(1, 3, 64, 64)
    assert all(len(output) == 1 for output in network(image))
    assert_survives_a_file(network, twin, image)


@pytest.mark.parametrize("kind", ["patchgan", "strided", "dcgan"])
def test_a_width_ratio_is_another_width(kind: str) -> None:
    """Half of width 8 is width 4, in every layer; nothing is narrower than a channel."""
    half, four = (
        discriminator(type=kind, width_ratio=ratio).build(64, width, 0, 3)
        for ratio, width in ((0.5, 8), (1, 4))
    )
    shapes = [[weight.shape for weight in network.parameters()] for network in (half, four)]
    assert shapes[0] == shapes[1]
    assert (
        discriminator(type=kind, width_ratio=0.01).build(64, 8, 0, 3).stages[0][0].out_channels == 1
    )


@pytest.mark.parametrize(
    ("section", "size", "side"),
    [
        ({"type": "patchgan", "layers": 0}, 32, 32),
        ({"type": "patchgan", "layers": 1}, 32, 14),
        ({"type": "patchgan"}, 256, 30),
        ({"type": "patchgan", "layers": 5}, 256, 6),
        ({"type": "strided"}, 256, 8),
        ({"type": "strided"}, 512, 16),
        ({"type": "strided", "layers": 4}, 256, 16),
        ({"type": "dcgan"}, 64, 1),
        ({"type": "fc"}, 1, 1),
    ],
)
def test_the_map_of_logits_has_the_documented_size(
    section: dict[str, Any], size: int, side: int
) -> None:
    """P2's 30×30 and P5's 16×16 among them."""
    logits = discriminator(**section).build(size, 1, 0, 3)(torch.zeros(2, 3, size, size))[-1]
    assert logits.shape == (2, 1, side, side)


@pytest.mark.parametrize(
    ("section", "size", "field"),
    [
        ({"type": "patchgan", "layers": 0}, 8, 1),
        ({"type": "patchgan", "layers": 1}, 64, 16),
        ({"type": "patchgan", "layers": 2}, 96, 34),
        ({"type": "patchgan", "layers": 3}, 160, 70),
        ({"type": "patchgan", "layers": 4}, 320, 142),
        ({"type": "patchgan", "layers": 5}, 640, 286),
        ({"type": "strided", "layers": 2}, 64, 10),
        ({"type": "strided"}, 256, 94),
    ],
)
def test_a_logit_depends_on_its_receptive_field(
    section: dict[str, Any], size: int, field: int
) -> None:
    """The gradient of a logit in the middle reaches a square of that side, as the section says."""
    torch.manual_seed(0)
    kind = discriminator(**section, norm="none")
    assert kind.receptive_field == field
    image = torch.randn(1, 1, size, size, requires_grad=True)
    logits = kind.build(size, 2, 0, 1)(image)[-1]
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    assert image.grad is not None
    for axis in (0, 1):
        reached = image.grad[0, 0].abs().sum(dim=axis).nonzero()
        assert reached.max() - reached.min() + 1 == field


@pytest.mark.parametrize(
    ("section", "size", "message"),
    [
        ({"type": "patchgan"}, 16, "at least 24 px"),
        ({"type": "patchgan", "layers": 0, "norm": "instance"}, 1, "batch, group, none"),
        ({"type": "strided"}, 28, "at least 32 px"),
        ({"type": "dcgan"}, 36, "16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128 px"),
    ],
)
def test_an_impossible_size_is_an_error(section: dict[str, Any], size: int, message: str) -> None:
    """The message names sizes and options that work."""
    with pytest.raises(UserError, match=message):
        discriminator(**section).build(size, 4, 0, 4)


def test_every_scale_sees_the_image_at_half_the_size_of_the_one_before() -> None:
    """The features of all, and a coarse logit where its four fine ones are."""
    torch.manual_seed(0)
    network = discriminator(type="patchgan", layers=1, scales=2, norm="none").build(32, 2, 0, 3)
    assert isinstance(network, MultiScaleDiscriminator)
    image = torch.randn(1, 3, 32, 32)
    *features, logits = network(image)
    *fine, one = network.networks[0](image)
    *coarse, other = network.networks[1](F.avg_pool2d(image, 2))
    for ours, theirs in zip(features, [*fine, *coarse], strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(logits[:, :1], one)
    assert logits.shape[2:] == one.shape[2:]
    for y, x in ((0, 0), (13, 13), (5, 8)):
        place = y * other.shape[2] // 14, x * other.shape[3] // 14
        assert logits[0, 1, y, x] == other[0, 0, *place]


def test_a_spectral_norm_bounds_every_convolution() -> None:
    """The largest singular value is near 1 after initialise, whatever the gain, and in eval too."""
    torch.manual_seed(0)
    network: Any = discriminator(type="dcgan", spectral=True, norm="none").build(32, 8, 0, 3)
    initialise(network, gain=5.0)
    *stages, last = network.eval().stages
    for convolution in [*(stage[0] for stage in stages), last]:
        weight = convolution.weight
        assert 0.95 < torch.linalg.matrix_norm(weight.flatten(1), 2) < 1.1


def test_resnet18_gives_the_features_of_its_four_groups() -> None:
    """And one logit an image."""
    outputs = discriminator(type="resnet18").build(64, 4, 0, 6)(torch.zeros(2, 6, 64, 64))
    shapes = [(64, 16), (128, 8), (256, 4), (512, 2), (1, 1)]
    assert [tuple(output.shape) for output in outputs] == [(2, c, s, s) for c, s in shapes]


def test_resnet18_refuses_a_batch_of_1_at_32_px() -> None:
    """Its last maps are 1×1 there, and its norms batch norms."""
    network = discriminator(type="resnet18").build(32, 4, 0, 3)
    with pytest.raises(UserError, match="batches of 2 or more, larger images"):
        network(torch.randn(1, 3, 32, 32))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty torch hub, of a machine without network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def unreachable(*args: object, **kwargs: object) -> None:
        reason = "Network is unreachable"
        raise URLError(reason)

    monkeypatch.setattr("torch.hub.urlopen", unreachable)
    return tmp_path


def test_weights_that_cannot_be_fetched_are_an_error(hub: Path) -> None:
    """The error has the address, the reason and where the file could be put."""
    with pytest.raises(UserError, match=r"unreachable.*pretrained: false") as error:
        discriminator(type="resnet18", pretrained=True).build(64, 4, 0, 3)
    assert str(hub / HUB_FILE) in str(error.value)
    assert "https://download.pytorch.org/models/resnet18-" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not weights"])
def test_a_damaged_file_of_weights_is_an_error(hub: Path, content: bytes) -> None:
    """The message says to delete it."""
    file = hub / HUB_FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(UserError, match="delete a damaged one there"):
        discriminator(type="resnet18", pretrained=True).build(64, 4, 0, 3)


def test_initialise_keeps_pretrained_weights_and_draws_the_logit(hub: Path) -> None:
    """Through initialise; the first filters are spread over six channels, or summed for one."""
    from torchvision.models import resnet18

    torch.manual_seed(0)
    published = resnet18().state_dict()
    file = hub / HUB_FILE
    file.parent.mkdir(parents=True)
    torch.save(published, file)
    section = discriminator(type="resnet18", pretrained=True)
    network = section.build(64, 4, 0, 6)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    initialise(network)
    changed = {n for n, value in network.state_dict().items() if not torch.equal(value, before[n])}
    assert changed == {"stages.4.1.weight", "stages.4.1.bias"}
    rgb = published["conv1.weight"]
    assert torch.equal(network.stages[0][0].weight, rgb.repeat(1, 2, 1, 1) / 2)
    assert torch.equal(network.stages[3][0].conv1.weight, published["layer4.0.conv1.weight"])
    gray = section.build(64, 4, 0, 1).stages[0][0].weight
    torch.testing.assert_close(gray, rgb.sum(dim=1, keepdim=True))


def test_a_projected_discriminator_sees_the_image_alone() -> None:
    """Another condition changes nothing; its backbone and projections do not train."""
    network = discriminator(type="projected", channels=4).build(64, 2, 1, 3).eval()
    image = torch.rand(2, 3, 64, 64)
    one, other = (network(torch.cat([torch.full((2, 1, 64, 64), v), image], 1)) for v in (-1, 1))
    assert torch.equal(one[-1], other[-1])
    assert one[-1].shape == (2, 4, 16, 16)
    assert network.taps == 4 == len(one) - 1
    assert all(name.startswith("heads.") for name, _ in network.named_parameters())
    kept = {name.partition("_")[0].partition(".")[0] for name in network.state_dict()}
    assert kept == {"heads", "projection"}


def test_several_discriminators_have_an_equal_say() -> None:
    """The mean of all logits is the mean of each network's mean; features of frozen nets first."""
    torch.manual_seed(0)
    sections = [{"type": "patchgan", "layers": 2, "scales": 2}, {"type": "projected"}]
    network = discriminator(type="several", of=sections).build(64, 2, 1, 3).eval()
    image = torch.rand(2, 4, 64, 64)
    *features, logits = network(image)
    patches, projected = (each(image) for each in network.networks)
    ours = F.interpolate(patches[-1], (16, 16))
    expected = (ours.mean() + projected[-1].mean()) / 2
    torch.testing.assert_close(logits.mean(), expected)
    assert network.taps == 4
    assert all(map(torch.equal, features[:4], projected[:-1]))
    assert all(map(torch.equal, features[4:], patches[:-1]))
