"""Three optimisation steps of the reference implementation, number for number."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from pydantic import TypeAdapter

from s2f_core.data.batches import Batch
from s2f_core.networks import Discriminator, Generator
from s2f_core.training.objectives import Blueprint, Objective, ObjectiveSection
from s2f_core.training.recipe import Recipe, Turn

GOLDEN = Path(__file__).parents[4] / "shared" / "golden" / "junyanz_steps.pt"

pytestmark = pytest.mark.skipif(
    not GOLDEN.exists(), reason="the reference's steps are not beside the clone"
)


def _objective(
    golden: dict[str, Any], section: dict[str, Any], generator: dict[str, Any], names: list[str]
) -> Objective:
    """The objective with the reference's weights, in the order of ``names``."""
    blueprint = Blueprint(
        TypeAdapter(Generator).validate_python(generator),
        TypeAdapter(Discriminator).validate_python({"type": "patchgan", "norm": "instance"}),
        golden["A"].shape[-1],
        4,
        (3, 3),
    )
    objective_section = TypeAdapter(ObjectiveSection).validate_python(section)
    objective: Objective = objective_section.build(
        Fabric(accelerator="cpu", devices=1), blueprint, 2e-4, Recipe(epochs=1)
    )
    for network, name in zip(objective.networks.values(), names, strict=True):
        values = golden["nets"][name].values()
        network.load_state_dict(dict(zip(network.state_dict(), values, strict=True)))
    return objective


def test_pix2pix_steps_are_the_references() -> None:
    """Same weights, same images: its losses within 1e-4 relative, D's halved."""
    golden = torch.load(GOLDEN, weights_only=True)["pix2pix"]
    unet = {"type": "unet", "norm": "instance", "dropout": 0}
    objective = _objective(golden, {"type": "pix2pix"}, unet, ["netG", "netD"])
    batch = Batch(golden["A"], golden["B"])
    for expected in golden["losses"]:
        scalars = objective.step(batch, Turn())
        assert scalars["g_adversarial"].item() == pytest.approx(expected["G_GAN"], rel=1e-4)
        assert 100 * scalars["g_l1"].item() == pytest.approx(expected["G_L1"], rel=1e-4)
        assert 2 * scalars["d_real"].item() == pytest.approx(expected["D_real"], rel=1e-4)
        assert 2 * scalars["d_fake"].item() == pytest.approx(expected["D_fake"], rel=1e-4)
    with torch.no_grad():
        fake = objective.generators["a-to-b"](batch.a)
    torch.testing.assert_close(fake, golden["fake_after_3_steps"], atol=1e-4, rtol=0)


def test_cyclegan_steps_are_the_references() -> None:
    """Both generators, both cycles, both identities, both discriminators, within 1e-4 relative."""
    golden = torch.load(GOLDEN, weights_only=True)["cyclegan"]
    names = ["netG_A", "netG_B", "netD_A", "netD_B"]  # its D_A judges B
    objective = _objective(
        golden, {"type": "cyclegan", "pool": 0}, {"type": "resnet", "blocks": 6}, names
    )
    batch = Batch(golden["A"], golden["B"])
    for expected in golden["losses"]:
        scalars = {name: value.item() for name, value in objective.step(batch, Turn()).items()}
        for ours, theirs, weight in (
            ("g_adversarial", "G_A", 1),
            ("g_adversarial_back", "G_B", 1),
            ("g_cycle", "cycle_A", 10),
            ("g_cycle_back", "cycle_B", 10),
            ("g_identity", "idt_A", 5),
            ("g_identity_back", "idt_B", 5),
        ):
            assert weight * scalars[ours] == pytest.approx(expected[theirs], rel=1e-4), ours
        for end, theirs in (("", "D_A"), ("_back", "D_B")):
            both = scalars[f"d_real{end}"] + scalars[f"d_fake{end}"]
            assert both == pytest.approx(expected[theirs], rel=1e-4), end
    with torch.no_grad():
        fake = objective.generators["a-to-b"](batch.a)
    torch.testing.assert_close(fake, golden["fake_B_after_3_steps"], atol=1e-4, rtol=0)
