"""rembg's models: input sizes, and agreement with rembg."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from red_network import write_red_network

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.assets import fetch
from s2f_core.data.background import rembg_models
from s2f_core.data.background.rembg_models import RembgName, RembgSession


def test_a_size_that_the_graph_refuses_is_an_error(tmp_path: Path) -> None:
    """A model for 320 pixels fails at 64 and works at its own size."""
    write_red_network(tmp_path / "u2net.onnx", fixed=True)
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

    write_red_network(tmp_path / f"{name}.onnx")
    photo = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    session = RembgSession(name, tmp_path / f"{name}.onnx")
    matte = session(photo)
    stock = sessions[name].__new__(sessions[name])
    stock.inner_session = session._session.inner_session
    assert (matte[..., 0] == np.asarray(stock.predict(Image.fromarray(photo))[0])).all()
    assert (pickle.loads(pickle.dumps(session))(photo) == matte).all()  # noqa: S301


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


@pytest.mark.parametrize("writable", [True, False])
def test_numba_has_a_cache_where_packages_are_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    """Without one it cannot even be imported."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")  # so that it is restored
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    access = os.access

    def fake_access(path: Path, mode: int) -> bool:
        return writable if "pymatting" in str(path) else access(path, mode)

    monkeypatch.setattr(os, "access", fake_access)
    rembg_models._give_numba_a_cache()
    folder = None if writable else str(tmp_path / "cache" / "numba")
    assert os.environ.get("NUMBA_CACHE_DIR") == folder
