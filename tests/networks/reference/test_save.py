"""Our generators as checkpoints of the reference: its own come back as they were, and run there."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_reference import ResNet, UNet
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.networks.checkpoint import Description, save_model
from s2f_core.networks.reference.load import Labels, State, convert, read_state_dict
from s2f_core.networks.reference.save import reference_options, reference_state_dict
from stages.export import export as command
from tests.networks.reference.test_load import BUILDERS, GOLDEN

LABELS = Labels("theirs", "pencil", "kept", 32)


def _description(
    section: dict[str, object], size: int = 32, width: int = 2, ends: tuple[int, int] = (1, 3)
) -> Description:
    return Description.model_validate(
        {
            "variant": "ours",
            "condition": "pencil",
            "background": "kept",
            "generator": section,
            "size": size,
            "width": width,
            "in_channels": ends[0],
            "out_channels": ends[1],
            "direction": "a-to-b",
            "drawn_at": size,
            "versions": {"s2f": "0", "torch": "0"},
        }
    )


def _assert_round_trip(state: State, labels: Labels) -> None:
    """After import and export, every tensor has its key and its values."""
    description, weights = convert(state, labels, "latest_net_G.pth")
    network = description.build()
    network.load_state_dict(weights)
    exported = reference_state_dict(description, network)
    assert set(exported) == set(state)
    for key, value in state.items():
        assert torch.equal(exported[key], value), key


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference's outputs are not beside the clone")
@pytest.mark.parametrize(
    ("name", "size"),
    [("unet_128 batch", 128), ("unet_128 instance", 128), ("resnet_9blocks instance", 64)],
)
def test_the_references_checkpoints_survive_a_round_trip(name: str, size: int) -> None:
    """To the bit, of both networks and norms."""
    state = torch.load(GOLDEN, weights_only=True)[name]["state"]
    _assert_round_trip(state, Labels("theirs", "pencil", "kept", size))


@pytest.mark.parametrize("name", BUILDERS)
def test_every_network_survives_a_round_trip(name: str) -> None:
    """Either norm, with and without dropout; a U-Net has no fewer than five levels."""
    state = BUILDERS[name]().state_dict()
    if name == "unet instance":
        with pytest.raises(UserError, match=r"no depth 4 \(it has 5 and more\)"):
            _assert_round_trip(state, LABELS)
        return
    _assert_round_trip(state, LABELS)


@pytest.mark.parametrize(
    ("section", "theirs"),
    [
        (
            {"type": "unet", "norm": "batch", "up": "transposed"},
            lambda: UNet("batch", ends=(1, 3), depth=5),
        ),
        ({"type": "resnet", "norm": "instance", "blocks": 2}, lambda: ResNet("instance")),
    ],
)
def test_the_reference_runs_a_model_trained_here(
    section: dict[str, object],
    theirs: Callable[[], nn.Module],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Through the command's file, every key in its place: the same output."""
    torch.manual_seed(0)
    description = _description(section)
    ours = description.build().eval()
    save_model(tmp_path / "data/models/ours/a-to-b.pt", description, ours.state_dict())
    monkeypatch.chdir(tmp_path)
    command("ours", Path("latest_net_G.pth"))
    assert "Generator(1, 3, " in capsys.readouterr().out
    network = theirs().eval()
    network.load_state_dict(read_state_dict(tmp_path / "latest_net_G.pth"))
    image = torch.randn(2, 1, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network(image), ours(image), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (
            _description({"type": "unet", "up": "nearest"}),
            r"has no up nearest \(it has transposed\)$",
        ),
        (
            _description({"type": "unet", "noise": "input", "affine": True, "norm": "group"}),
            r"no noise input \(it has none\), no affine True .*no norm group \(it has batch and",
        ),
        (
            _description({"type": "resnet", "downs": 3, "skips": True}),
            r"no downs 3 \(it has 2\), no skips",
        ),
        (_description({"type": "resnet", "norm": "batch", "stem_bias": True}), "no stem_bias True"),
        (
            _description({"type": "unet", "activation": {"type": "jrelu"}}),
            "no activation type='jrelu'",
        ),
        (
            _description({"type": "hybrid"}),
            "ours is a hybrid; the reference has unet and resnet only",
        ),
    ],
)
def test_settings_that_the_reference_lacks_are_named(
    description: Description, message: str
) -> None:
    """Other ups, noise, local functions, norms, skips, activations and networks."""
    with pytest.raises(UserError, match=message):
        reference_state_dict(description, description.build())


@pytest.mark.parametrize(
    ("description", "options"),
    [
        (
            _description({"type": "unet", "norm": "batch"}, 128, 16),
            "--netG unet_128 --ngf 16 --norm batch --input_nc 1 --output_nc 3",
        ),
        (
            _description({"type": "resnet"}, 256, 8, (1, 3)),
            "--netG resnet_9blocks --ngf 8 --norm instance --input_nc 1 --output_nc 3 --no_dropout",
        ),
        (
            _description({"type": "unet", "norm": "batch"}, 64, 8),
            "UnetGenerator(1, 3, 6, ngf=8, norm_layer=get_norm_layer('batch'), use_dropout=True)",
        ),
    ],
)
def test_reference_options_name_the_network(description: Description, options: str) -> None:
    """Those of its train.py and test.py where it has a name for the network, else the call."""
    assert reference_options(description) == options
