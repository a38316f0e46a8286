"""The sets of images that are compared, and the spaces in which scores compare them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.pairs import Pairs
from s2f_core.metrics import diversity, edge_consistency, energy_distance, sharpness
from s2f_core.metrics.baselines import FLOOR
from s2f_core.metrics.edge_consistency import ConditionRedraw
from s2f_core.metrics.face_descriptors import FaceDescriptors
from s2f_core.metrics.faces import are_faces
from s2f_core.metrics.memorisation import NearestTraining
from s2f_core.metrics.types import FeatureNetwork, ImageSet, Space, Values

Spaces = dict[Space, Callable[[Pixels], Values]]
Networks = Mapping[Space, FeatureNetwork]

MODEL = "model"
COLOURS = (1, 3)  # channels of an input that can show a face


def build_spaces(
    training: Pairs, test: Pairs, networks: Networks, redraw: ConditionRedraw | None
) -> Spaces:
    """Return the feature spaces that exist for this translation."""
    spaces: Spaces = {
        **networks,
        "pixels": diversity.pixel_vectors,
        "coordinates": energy_distance.coordinate_vectors,
        "sharpness": sharpness.laplacian_deviation,
    }
    if not test.input_is_image:
        spaces["nearest"] = NearestTraining(training)
    if not test.input_is_image or test.inputs.shape[2] not in COLOURS:
        spaces.pop("drawn_faces", None)
    if redraw is not None and test.has_target:
        spaces["condition"] = redraw
    return spaces


def build_image_sets(
    real: Pixels,
    rows: Mapping[str, Pixels],
    test: Pairs,
    spaces: Spaces,
    redraw: ConditionRedraw | None,
    *,
    used: set[Space],
    paired: bool,
) -> tuple[ImageSet, dict[str, ImageSet]]:
    """Return the targets and the sets compared with them, all with equally many channels.

    ``used`` are the spaces of the scores. ``paired``: outputs and baselines have targets.
    """
    classes = tuple(test.targets.accepted["class"].dropna().unique())
    coloured = any(images.shape[3] == 3 for images in (real, *rows.values()))

    def image_set(images: Pixels, *, paired: bool) -> ImageSet:
        return ImageSet(to_rgb(images) if coloured else images, spaces, classes, paired)

    targets = image_set(real, paired=True)
    drawings = test.inputs.images(test.inputs.positions(test.ids))  # not those of the photos
    if "condition" in spaces:
        targets = targets.with_space("condition", lambda _: edge_consistency.profiles(drawings))
    if "faces" in used & set(spaces) and not are_faces(targets.vectors("faces")):
        for space in ("faces", "drawn_faces", "identity"):
            spaces.pop(space, None)
    if points := spaces.get("drawn_faces"):
        targets = targets.with_space("drawn_faces", lambda _: points(drawings))
    sets = {
        name: image_set(images, paired=paired and name != FLOOR).without(
            _hidden_spaces(name, redraw)
        )
        for name, images in rows.items()
    }
    identity = spaces.get("identity")
    if isinstance(identity, FaceDescriptors):  # outputs are cropped where the targets' faces are
        by_target = identity.of_faces_in(real)
        sets |= {n: s.with_space("identity", by_target) for n, s in sets.items() if s.paired}
    return targets, sets


def _hidden_spaces(name: str, redraw: ConditionRedraw | None) -> set[Space]:
    """Return the spaces in which a row is not scored."""
    if name == FLOOR:
        return {"nearest", "drawn_faces"}  # the floor consists of training images
    costly = redraw is not None and redraw.costly
    return {"condition"} if costly and name != MODEL else set()
