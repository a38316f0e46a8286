"""Background removal: mattes, fills, tables, errors, and agreement with rembg."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from fixtures import MakeTable
from pydantic import TypeAdapter, ValidationError

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize
from s2f_core.data import tables
from s2f_core.data.assets import fetch
from s2f_core.data.background import Background
from s2f_core.data.background.fill import Blur, Colour, composite, feather_matte
from s2f_core.data.background.rembg_models import Rembg, RembgName, RembgSession
from s2f_core.data.background.remove import remove_from_table
from s2f_core.data.background.selfie import Selfie


def _section(**keys: Any) -> Any:
    return TypeAdapter(Background).validate_python(keys)


def _network(file: Path, *, fixed: bool = False) -> None:
    """Write a model like rembg's whose matte is the red channel; ``fixed``: of 320 pixels only."""
    sides: list[int | str] = [1, 3, 320, 320]
    tensor = onnx.helper.make_tensor_value_info
    start, end = (
        onnx.helper.make_tensor(name, onnx.TensorProto.INT64, [1], [value])
        for name, value in (("start", 0), ("end", 1))
    )
    axis = onnx.helper.make_tensor("axis", onnx.TensorProto.INT64, [1], [1])
    shape = onnx.helper.make_tensor("shape", onnx.TensorProto.INT64, [4], [1, 1, 320, 320])
    red = onnx.helper.make_node(
        "Slice", ["photo", "start", "end", "axis"], ["red" if fixed else "matte"]
    )
    reshape = onnx.helper.make_node("Reshape", ["red", "shape"], ["matte"])
    graph = onnx.helper.make_graph(
        [red, reshape] if fixed else [red],
        "red",
        [tensor("photo", onnx.TensorProto.FLOAT, sides)],
        [tensor("matte", onnx.TensorProto.FLOAT, [1, 1, 320, 320])],
        [start, end, axis, shape],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, file)


@pytest.fixture
def subjects() -> Pixels:
    """Five pictures with red from column 16 on, and a black one, uint8 [6, 32, 32, 3]."""
    images = np.random.default_rng(0).integers(0, 40, (6, 32, 32, 3), dtype=np.uint8)
    images[:, :, :16, 0] = 0
    images[:, :, 16:, 0] = 255
    images[2] = 0
    return images


def test_composite_blends_by_alpha() -> None:
    """Opaque keeps the photo, transparent shows the colour, half is the mean."""
    photo = np.full((1, 3, 3), 100, np.uint8)
    alpha = np.array([[[255], [0], [51]]], np.uint8)
    blended = composite(photo, alpha, Colour(colour=(200, 0, 255)).render(photo, alpha))
    assert blended[0].tolist() == [[100, 100, 100], [200, 0, 255], [180, 20, 224]]


def test_a_blurred_background_has_no_colour_of_the_subject() -> None:
    """Stripes of 0 and 200 become 100; the subject's 255 stays within its matte."""
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[::2] = 200
    alpha = np.zeros((64, 64, 1), np.uint8)
    photo[20:44, 20:44] = 255
    alpha[20:44, 20:44] = 255
    blended = composite(photo, alpha, Blur(type="blurred", sigma=4).render(photo, alpha))
    assert (blended[20:44, 20:44] == 255).all()
    rest = np.delete(blended.reshape(-1, 3), np.flatnonzero(alpha), axis=0)
    assert np.abs(rest.astype(int) - 100).max() < 12


def test_feathering_softens_only_the_edge() -> None:
    """It is half on the edge and unchanged four pixels away; a sigma of 0 changes nothing."""
    alpha = np.zeros((32, 32, 1), np.uint8)
    alpha[:, 16:] = 255
    soft = feather_matte(alpha, 1)[0, :, 0].astype(int)
    assert soft[:12].max() == 0
    assert soft[20:].min() == 255
    assert soft[15] + soft[16] == pytest.approx(255, abs=2)
    assert 0 < soft[14] < soft[15] < soft[16] < soft[17] < 255
    assert (feather_matte(alpha, 0) == alpha).all()


def test_a_photo_without_subject_is_rejected(
    make_table: MakeTable, subjects: Pixels, tmp_path: Path
) -> None:
    """In both tables, which keep the ids of the photos; later photos still get their own mattes."""
    _network(tmp_path / "u2netp.onnx")
    photos = make_table("photos", subjects)
    section = _section(model="u2netp", size=64, fill={"type": "colour", "colour": [0, 255, 0]})
    remove_from_table(photos, section, tmp_path, tmp_path / "matte", tmp_path / "removed")
    mattes, subjects_only = (tables.read(tmp_path / name) for name in ("matte", "removed"))
    for table in (mattes, subjects_only):
        assert table.index["id"].tolist() == photos.index["id"].tolist()
        (reason,) = table.index["rejected"].dropna()
        assert reason == "no subject found: it covers under 1%"
        assert table.accepted["id"].tolist() == ["000", "001", "003", "004", "005"]
    assert mattes.shape == (32, 32, 1)
    for place, row in enumerate((0, 1, 3, 4, 5)):
        assert (subjects_only.image(place)[:, 20:] == subjects[row][:, 20:]).all()
        assert (subjects_only.image(place)[:, :12] == [0, 255, 0]).all()


def test_the_sources_own_inputs_are_copied(
    make_table: MakeTable, subjects: Pixels, tmp_path: Path
) -> None:
    """Sketches of a source lie beside the new photos as beside the old ones."""
    _network(tmp_path / "u2netp.onnx")
    photos = make_table("photos", subjects[:2])
    make_table("photos/given", subjects[2:4, :, :, :1])
    section = Rembg(model="u2netp", size=64)
    for _ in range(2):  # the second time over existing tables
        remove_from_table(photos, section, tmp_path, tmp_path / "matte", tmp_path / "removed")
    inputs = tables.read(tmp_path / "removed" / "given")
    assert (inputs.images([0, 1]) == subjects[2:4, :, :, :1]).all()


@pytest.mark.parametrize("section", [Rembg(model="silueta"), Selfie(model="selfie")])
def test_missing_or_broken_weights_are_explained(
    section: Rembg | Selfie, make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """The message names the file and what to do; no table is left."""
    photos = make_table("photos", faces)
    asset = tmp_path / section.model
    asset.mkdir()
    for content in (None, b"nothing that can be run"):
        if content is not None:
            for name in ("silueta.onnx", "selfie.tflite"):
                (asset / name).write_bytes(content)
        advice = f"run 's2f fetch {section.model}'" if content is None else "fetch it again"
        with pytest.raises(UserError, match=rf"{section.model}\.(onnx|tflite).*{advice}"):
            remove_from_table(photos, section, asset, tmp_path / "matte", tmp_path / "removed")
    assert not (tmp_path / "matte").exists()


def test_a_size_that_the_graph_refuses_is_an_error(tmp_path: Path) -> None:
    """A model for 320 pixels fails at 64 and works at its own size."""
    _network(tmp_path / "u2net.onnx", fixed=True)
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert RembgSession("u2net", tmp_path / "u2net.onnx")(photo).shape == (64, 64, 1)
    with pytest.raises(UserError, match="u2net cannot work at size 64"):
        RembgSession("u2net", tmp_path / "u2net.onnx", 64)(photo)


@pytest.mark.parametrize(
    "name", ["u2netp", "u2net", "u2net_human_seg", "silueta", "isnet-general-use"]
)
def test_every_model_gets_the_input_of_rembgs_own_session(name: RembgName, tmp_path: Path) -> None:
    """A network that returns the red channel gives the same matte, also after pickling."""
    from PIL import Image
    from rembg.sessions import sessions

    _network(tmp_path / f"{name}.onnx")
    photo = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    session = RembgSession(name, tmp_path / f"{name}.onnx")
    matte = session(photo)
    stock = sessions[name].__new__(sessions[name])
    stock.inner_session = session._session.inner_session
    assert (matte[..., 0] == np.asarray(stock.predict(Image.fromarray(photo))[0])).all()
    assert (pickle.loads(pickle.dumps(session))(photo) == matte).all()  # noqa: S301


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"model": "none"}, "isnet-general-use"),
        ({"model": "u2netp", "size": 100}, "multiple of 32"),
        ({"model": "selfie", "size": 256}, "Extra inputs"),
        ({"model": "selfie", "fill": {"type": "blurred", "sigma": 0}}, "greater than 0"),
        ({"model": "selfie", "fill": {"type": "colour", "colour": [0, 0, 256]}}, "255"),
        ({"model": "selfie", "feather": -1}, "greater than or equal to 0"),
    ],
)
def test_impossible_settings_are_refused(keys: dict[str, Any], message: str) -> None:
    """Unknown models, sizes and levels; a key of another model."""
    with pytest.raises(ValidationError, match=message):
        _section(**keys)


@pytest.fixture
def astronaut() -> Pixels:
    """A portrait, uint8 [178, 178, 3]."""
    data = pytest.importorskip("skimage.data")
    return resize(np.ascontiguousarray(data.astronaut()[:256, 96:352]), 178)


@pytest.mark.slow
def test_mattes_equal_those_of_rembg(
    astronaut: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a real face at rembg's size."""
    monkeypatch.delenv("S2F_CACHE")  # the user's own cache: the weights are fetched once
    fetch("u2netp", tmp_path)
    monkeypatch.setitem(os.environ, "U2NET_HOME", str(tmp_path))
    from PIL import Image
    from rembg import new_session

    stock = new_session("u2netp", providers=["CPUExecutionProvider"])
    expected = np.asarray(stock.predict(Image.fromarray(astronaut))[0])
    matte = RembgSession("u2netp", tmp_path / "u2netp.onnx", 320)(astronaut)[..., 0]
    assert np.abs(matte.astype(int) - expected).max() <= 1
    small = RembgSession("u2netp", tmp_path / "u2netp.onnx", 160)(astronaut)[..., 0]
    assert small[60:100, 60:120].mean() > 250  # the face is kept at any size
    assert ((small > 127) == (expected > 127)).mean() > 0.9


@pytest.mark.slow
def test_selfie_finds_the_person(
    astronaut: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matte is opaque on the face and clear in the upper corners; plain grey has no person."""
    monkeypatch.delenv("S2F_CACHE")
    fetch("selfie", tmp_path)
    model = pickle.loads(pickle.dumps(Selfie(model="selfie").open(tmp_path)))  # noqa: S301
    alpha = model(astronaut)
    assert alpha.shape == (178, 178, 1)
    assert alpha[60:100, 60:120].mean() > 250
    assert alpha[:20, :20].mean() < 10
    assert model(np.full((64, 48, 3), 128, np.uint8)).mean() < 10
