"""Networks against the reference implementation and the papers: counts and outputs."""

from pathlib import Path
from typing import Any

import pytest
import torch
from network_contract import count_parameters, discriminator, generator

GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "junyanz_parity.pt"
P5_UNET = {
    "type": "unet",
    "depth": 8,
    "kernel": 3,
    "norm": "instance-affine",
    "normalised": "all",
}
P5_RESNET = {"type": "resnet", "norm": "instance-affine", "stem_bias": True}


@pytest.mark.parametrize(
    ("section", "size", "count"),
    [
        ({"type": "unet", "norm": "batch"}, 256, 54_413_955),
        ({"type": "unet", "norm": "batch"}, 128, 41_828_995),
        ({"type": "unet", "norm": "instance"}, 256, 54_409_603),
        ({"type": "resnet", "blocks": 9}, 256, 11_378_179),
        ({"type": "resnet", "blocks": 6}, 256, 7_837_699),
        (P5_UNET, 256, 30_616_003),
        (P5_RESNET, 256, 11_383_491),
    ],
)
def test_generators_have_the_published_number_of_parameters(
    section: dict[str, Any], size: int, count: int
) -> None:
    """At width 64 and 3 → 3: the counts of the reference implementation, then P5's two."""
    with torch.device("meta"):
        assert count_parameters(generator(**section).build(size, 64, 3, 3)) == count


@pytest.mark.parametrize(
    ("section", "channels", "count"),
    [
        ({"type": "patchgan"}, 6, 2_768_705),
        ({"type": "patchgan", "norm": "instance"}, 3, 2_764_737),
        ({"type": "patchgan", "layers": 5}, 6, 11_159_361),
        ({"type": "patchgan", "layers": 0}, 6, 9_024),
        # 3·64·16 + 64, then 16 times 64·128, 128·256, 256·512 and their biases, 512·16 + 1
        ({"type": "strided"}, 3, 2_764_737),
        # torchvision's 11,689,512 less its 512·1000 + 1000 for the classes, and 512 + 1
        ({"type": "resnet18"}, 3, 11_177_025),
        # (3·256 + 1)·256 in the first, then 256² + 256, 256 + 1
        ({"type": "fc"}, 3, (3 * 256 + 1) * 256 + 257 * 256 + 257),
    ],
)
def test_discriminators_have_the_published_number_of_parameters(
    section: dict[str, Any], channels: int, count: int
) -> None:
    """At width 64: the counts of the reference implementation, then those worked out by hand."""
    size = 16 if section["type"] == "fc" else 256
    with torch.device("meta"):
        assert count_parameters(discriminator(**section).build(size, 64, 0, channels)) == count


def test_dcgans_have_as_many_parameters_as_pytorchs_example() -> None:
    """Those of PyTorch's DCGAN example, and the biases it leaves out where there is no norm."""
    with torch.device("meta"):
        assert count_parameters(generator(type="dcgan").build(64, 64, 100, 3)) == 3_576_704 + 3
        assert (
            count_parameters(discriminator(type="dcgan").build(64, 64, 0, 3)) == 2_765_568 + 64 + 1
        )


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference's outputs are not beside the clone")
@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("unet_128 batch", lambda: generator(type="unet", norm="batch").build(128, 4, 3, 3)),
        ("unet_128 instance", lambda: generator(type="unet", norm="instance").build(128, 4, 3, 3)),
        ("resnet_9blocks instance", lambda: generator(type="resnet").build(64, 4, 3, 3)),
        ("patchgan70 batch", lambda: discriminator(type="patchgan").build(128, 4, 0, 6)),
        (
            "patchgan70 instance",
            lambda: discriminator(type="patchgan", norm="instance").build(128, 4, 0, 3),
        ),
    ],
)
def test_outputs_equal_the_references(name: str, network: Any) -> None:
    """The reference's weights, in their order, give the reference's output within 1e-5."""
    golden = torch.load(GOLDEN, weights_only=True)[name]
    model = network().eval()
    model.load_state_dict(dict(zip(model.state_dict(), golden["state"].values(), strict=True)))
    with torch.inference_mode():
        out = model(golden["input"])
    out = out[-1] if isinstance(out, list) else out
    torch.testing.assert_close(out, golden["output"], atol=1e-5, rtol=0)
