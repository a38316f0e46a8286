"""Checkpoints of the reference implementation, of golden values and of networks built here."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_reference import ResNet, UNet
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.networks.checkpoint import load_model
from s2f_core.networks.reference.load import (
    Labels,
    State,
    convert,
    import_checkpoint,
    read_state_dict,
)
from stages.import_checkpoint import import_checkpoint as command

GOLDEN = Path(__file__).parents[4] / "shared" / "golden" / "junyanz_parity.pt"
STALE = ("running_mean", "running_var", "num_batches_tracked")


def _labels(size: int) -> Labels:
    return Labels("theirs", "pencil", "kept", size)


def _seeded(build: Callable[[], nn.Module]) -> nn.Module:
    """A network in eval mode whose norms have statistics that matter."""
    torch.manual_seed(0)
    network = build()
    for name, value in network.state_dict().items():
        if value.dim() == 1:
            nn.init.uniform_(value, 0.5, 1.5)
        assert torch.isfinite(value).all(), name
    return network.eval()


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference's outputs are not beside the clone")
@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("unet_128 batch", 128, {"type": "unet", "depth": 7, "norm": "batch"}),
        ("unet_128 instance", 128, {"type": "unet", "depth": 7, "norm": "instance"}),
        ("resnet_9blocks instance", 64, {"type": "resnet", "downs": 2, "blocks": 9, "dropout": 0}),
    ],
)
def test_an_imported_network_gives_the_references_output(
    name: str, size: int, expected: dict[str, Any], tmp_path: Path
) -> None:
    """Within 1e-5, through both files; the description has the network's settings."""
    golden = torch.load(GOLDEN, weights_only=True)[name]
    torch.save(golden["state"], tmp_path / "latest_net_G.pth")
    out = tmp_path / "a-to-b.pt"
    import_checkpoint(tmp_path / "latest_net_G.pth", _labels(size), out)
    description, network = load_model(out)
    assert expected.items() <= description.generator.model_dump().items()
    assert (description.width, description.in_channels, description.out_channels) == (4, 3, 3)
    with torch.inference_mode():
        torch.testing.assert_close(network(golden["input"]), golden["output"], atol=1e-5, rtol=0)


BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "unet batch": lambda: UNet("batch"),
    "unet instance": lambda: UNet("instance", ends=(1, 3), depth=4),
    "resnet batch": lambda: ResNet("batch"),
    "resnet batch dropout": lambda: ResNet("batch", dropout=True),
    "resnet instance": lambda: ResNet("instance", blocks=3),
    "resnet instance dropout": lambda: ResNet("instance", dropout=True),
}


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("name", BUILDERS)
def test_every_kind_is_recognised(name: str, prefix: str, tmp_path: Path) -> None:
    """Either norm, with and without dropout, inside DataParallel or not: the same output."""
    theirs = _seeded(BUILDERS[name])
    state = {prefix + key: value for key, value in theirs.state_dict().items()}
    torch.save(state, tmp_path / "latest_net_G.pth")
    import_checkpoint(tmp_path / "latest_net_G.pth", _labels(32), tmp_path / "a-to-b.pt")
    description, ours = load_model(tmp_path / "a-to-b.pt")
    kind, norm = name.split()[:2]
    assert (description.generator.type, getattr(description.generator, "norm")) == (kind, norm)  # noqa: B009
    if kind == "resnet":
        assert (getattr(description.generator, "dropout") > 0) == ("dropout" in name)  # noqa: B009
    image = torch.randn(2, description.in_channels, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image), theirs(image), atol=1e-5, rtol=0)


def test_stale_statistics_of_instance_norm_are_dropped() -> None:
    """Files from before PyTorch 0.4 have them beside every norm."""
    state = _seeded(BUILDERS["unet instance"]).state_dict()
    stale = {f"model.model.1.model.2.{field}": torch.ones(4) for field in STALE}
    _, weights = convert(state | stale, _labels(32), "old.pth")
    assert len(weights) == len(state)


def test_batch_norm_without_a_counter_is_read() -> None:
    """Files from before PyTorch 0.4.1 lack num_batches_tracked."""
    state = _seeded(BUILDERS["resnet batch"]).state_dict()
    old = {key: value for key, value in state.items() if not key.endswith(STALE[2])}
    assert len(old) < len(state)
    _, weights = convert(old, _labels(32), "old.pth")
    assert len(weights) == len(state)


def _refused(change: dict[str, Any], name: str = "unet batch", size: int = 32) -> None:
    state = BUILDERS[name]().state_dict() | change
    entries = {key: value for key, value in state.items() if value is not None}
    convert(entries, _labels(size), "latest_net_G.pth")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: _refused({"model.model.9.weight": torch.ones(1)}), "has 1 keys more .* unet with"),
        (lambda: _refused({"model.model.3.bias": None}), r"model\.model\.3\.bias is missing"),
        (
            lambda: _refused({"model.model.1.model.1.weight": torch.ones(4, 2, 3, 3)}),
            r"model\.1\.model\.1\.weight is \[4, 2, 3, 3\], not \[4, 2, 4, 4\]",
        ),
        (lambda: _refused({}, size=100), "cannot be halved 5 times"),
        (lambda: _refused({}, "resnet batch", size=30), "cannot be halved 2 times"),
        (
            lambda: _refused(
                {"model.11.conv_block.1.weight": torch.ones(8, 8, 1, 1)}, "resnet instance"
            ),
            r"model\.11\.conv_block\.1\.weight is \[8, 8, 1, 1\], not",
        ),
        (
            lambda: _refused({"model.20.conv_block.1.weight": torch.ones(1)}, "resnet instance"),
            r"residual blocks at \[10, 11, 12, 20\] are not",
        ),
        (
            lambda: _refused({"model.10.conv_block.1.weight": None}, "resnet instance"),
            "only reflection is supported",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(call: Callable[[], None], message: str) -> None:
    """A key too many, one too few, another shape, another size, other blocks, zero padding."""
    with pytest.raises(UserError, match=message):
        call()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"model.0.weight": torch.ones(4, 6, 4, 4)}, "is a discriminator; give the U-Net or"),
        ({"net.0.weight": torch.ones(4, 6, 1, 1)}, "is a discriminator"),
        ({"conv1.weight": torch.ones(4, 6, 1, 1)}, "something else: its keys begin conv1.weight"),
        ({"model.model.0.weight": torch.ones(4, 3, 4, 4)}, r"model\.3\.bias is missing"),
        (
            {"model.model.0.weight": torch.ones(4), "model.model.3.bias": torch.ones(3)},
            "are no convolutions of images",
        ),
        (
            {
                "model.model.0.weight": torch.ones(4, 3, 4, 4),
                "model.model.3.bias": torch.ones(3),
            },
            "is missing",
        ),
    ],
)
def test_another_network_is_refused(state: State, message: str) -> None:
    """Discriminators, another program's, a torso."""
    with pytest.raises(UserError, match=message):
        convert(state, _labels(32), "net.pth")


class Code:
    """Pickled as a call."""

    def __reduce__(self) -> tuple[Callable[..., int], tuple[str]]:
        """The call that unpickling the file would run."""
        import os

        return os.system, ("exit 1",)


def _text(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 217\n")


def _cut(path: Path) -> None:
    torch.save(BUILDERS["resnet batch"]().state_dict(), path)
    path.write_bytes(path.read_bytes()[:2000])


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no tensors")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (Path.absolute, "does not exist"),
        (_text, "is a Git LFS pointer, not the file itself: git lfs pull"),
        (_cut, "cannot be read: "),
        (_zip, "cannot be read"),
        (Path.touch, "cannot be read: EOFError"),
        (lambda path: path.write_text("<html>not found</html>"), "not a state dict, or holds pick"),
        (lambda path: torch.save({"a": Code()}, path), "holds pickled code, which is not run"),
        (lambda path: torch.save({}, path), "holds an empty dict, not a state dict"),
        (lambda path: torch.save([torch.ones(1)], path), "holds a list, not a state dict"),
        (
            lambda path: torch.save({"epoch": 3, "net": {}}, path),
            "holds a int under 'epoch', not a state",
        ),
    ],
)
def test_a_file_that_is_no_state_dict_is_refused(
    write: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    """Missing, a pointer, cut short, another zip, empty, a page, code, something else saved."""
    write(tmp_path / "net.pth")
    with pytest.raises(UserError, match=message):
        read_state_dict(tmp_path / "net.pth")


def test_the_command_writes_a_model_and_no_model_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints the network's settings, and does not overwrite a model."""
    file, out = tmp_path / "latest_net_G.pth", tmp_path / "models" / "theirs" / "a-to-b.pt"
    torch.save(_seeded(BUILDERS["resnet instance"]).state_dict(), file)
    command(file, out, variant="theirs", condition="edges", size=64, background="removed")
    assert '"blocks": 3' in capsys.readouterr().out
    description, _ = load_model(out)
    assert (description.variant, description.condition) == ("theirs", "edges")
    assert (description.background, description.size) == ("removed", 64)
    with pytest.raises(UserError, match=r"exists already: choose another name$"):
        command(file, out, variant="theirs", condition="edges")
