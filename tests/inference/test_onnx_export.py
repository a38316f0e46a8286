"""Exported models: precisions, metadata, errors, the command."""

from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import pandas as pd
import pytest
import torch
from fixtures import MakeTable
from judge_networks import judge_by_square_means

from benchmarks import exported
from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.inference.onnx_export import Precision, export, training_inputs, write
from s2f_core.inference.onnx_session import Session
from s2f_core.networks.checkpoint import VERSION, Description, load_model, save_model
from s2f_core.networks.convolutions import NearestUp
from s2f_core.networks.unet import UNetSection
from stages.export import export as command


def _model(folder: Path, **changes: object) -> Path:
    """A model file of a tiny U-Net with weights that differ a lot between channels."""
    torch.manual_seed(0)
    section = UNetSection(type="unet", depth=2, norm="instance", up="nearest", dropout=0)
    description = Description(
        variant="tiny",
        role="faces",
        condition="pencil",
        background="kept",
        generator=section,
        size=16,
        width=8,
        in_channels=1,
        out_channels=3,
        direction="a-to-b",
        drawn_at=32,
        versions={"s2f": "0", "torch": "0"},
    ).model_copy(update=changes)
    file = folder / "models" / "tiny" / "a-to-b.pt"
    save_model(file, description, description.build().state_dict())
    return file


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """A root with the tables and the split of forty faces of 32 px, and a model of 16 px."""
    make_table("faces/kept", faces)
    make_table("faces/kept-pencil", faces.mean(axis=3, keepdims=True).astype(np.uint8))
    rows = pd.DataFrame({"id": [f"{row:03d}" for row in range(40)], "split": "train"})
    rows.to_parquet(tmp_path / "faces" / "split.parquet")
    _model(tmp_path)
    return tmp_path


def _operations(file: Path) -> set[str]:
    return {node.op_type for node in onnx.load(file).graph.node}


def _graph(out: Path, **metadata: str) -> None:
    """A valid ONNX file that does nothing, with this metadata."""
    image = onnx.helper.make_tensor_value_info("input", 1, ["n", 1, 16, 16])
    output = onnx.helper.make_tensor_value_info("output", 1, ["n", 1, 16, 16])
    node = onnx.helper.make_node("Tanh", ["input"], ["output"])
    opset = [onnx.helper.make_opsetid("", 20)]
    graph = onnx.helper.make_graph([node], "g", [image], [output])
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, out)


def test_each_precision_is_smaller_and_close_to_pytorch(data: Path) -> None:
    """Half the bytes within 1e-2, a still smaller file within 0.1."""
    model = data / "models/tiny/a-to-b.pt"
    outputs: dict[Precision, Floats] = {}
    sizes = []
    for precision in get_args(Precision):
        out = data / f"{precision}.onnx"
        description = export(model, out, precision, data)
        inputs = training_inputs(description, data)
        outputs[precision] = Session(out, threads=1)(inputs)
        sizes.append(sum(len(part.raw_data) for part in onnx.load(out).graph.initializer))
    assert inputs.shape == (40, 1, 16, 16)
    assert sizes[1] < 0.55 * sizes[0]
    assert 1e-6 < abs(outputs["float16"] - outputs["float32"]).max() < 1e-2
    assert 1e-3 < abs(outputs["int8"] - outputs["float32"]).max() < 0.1
    assert "ConvTranspose" in _operations(data / "float32.onnx")  # merged with the repeating
    assert {"Resize", "QuantizeLinear"} <= _operations(data / "int8.onnx")


def test_exporting_does_not_change_the_network(data: Path) -> None:
    """It computes the same afterwards."""
    description, network = load_model(data / "models/tiny/a-to-b.pt")
    layers = [layer for layer in network.modules() if isinstance(layer, NearestUp)]
    write(description, network, data / "tiny.onnx", "int8", data)
    assert [layer.merged for layer in layers] == [None, None]


def test_int8_needs_calibration_inputs(tmp_path: Path) -> None:
    """A model of unknown data, and one without its table; no file is left."""
    nobody = _model(tmp_path, role=None)
    with pytest.raises(UserError, match="does not say what it was trained on"):
        export(nobody, tmp_path / "out.onnx", "int8", tmp_path)
    with pytest.raises(UserError, match="kept"):
        export(_model(tmp_path), tmp_path / "out.onnx", "int8", tmp_path)
    assert not list(tmp_path.glob("*out.onnx*"))


def test_an_unwritable_path_is_an_error(tmp_path: Path) -> None:
    """A folder has that name."""
    (tmp_path / "out.onnx").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        export(_model(tmp_path), tmp_path / "out.onnx")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "is no generator that s2f exported"),
        ({"s2f": "{}", "s2f-version": str(VERSION + 1)}, "this s2f reads version 1"),
        ({"s2f": "{}", "s2f-version": str(VERSION)}, "is damaged: "),
        ({"s2f": "{", "s2f-version": str(VERSION)}, "is damaged: "),
        ({"s2f": "{}"}, "has version '' of the model format"),
    ],
)
def test_a_foreign_onnx_file_is_refused(
    metadata: dict[str, str], message: str, tmp_path: Path
) -> None:
    """Without a description, with a newer one, with an incomplete one."""
    _graph(tmp_path / "other.onnx", **metadata)
    with pytest.raises(UserError, match=message):
        Session(tmp_path / "other.onnx")


def test_a_file_without_a_graph_is_refused(tmp_path: Path) -> None:
    """Missing, and truncated."""
    with pytest.raises(UserError, match="does not exist"):
        Session(tmp_path / "none.onnx")
    _graph(tmp_path / "cut.onnx")
    (tmp_path / "cut.onnx").write_bytes((tmp_path / "cut.onnx").read_bytes()[:60])
    with pytest.raises(UserError, match="is damaged"):
        Session(tmp_path / "cut.onnx")


@pytest.mark.slow
def test_the_benchmark_compares_all_precisions_with_pytorch(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of PyTorch and one of each precision, whose differences grow."""
    rows = pd.read_parquet(data / "faces" / "split.parquet")
    rows.loc[30:, "split"] = "test"
    rows.to_parquet(data / "faces" / "split.parquet")
    judge_by_square_means(monkeypatch)
    threads = torch.get_num_threads()
    try:
        exported.main(["tiny", "--data", str(data), "--rounds", "2", "--csv", str(data / "t.csv")])
    finally:
        torch.set_num_threads(threads)
    table = pd.read_csv(data / "t.csv")
    assert list(table["by"]) == ["PyTorch", "ONNX, float32", "ONNX, float16", "ONNX, int8"]
    assert table["largest Δ"].is_monotonic_increasing
    assert table["× PyTorch, 1 thread"][0] == 1
    assert table["KID"].notna().all()


def test_a_session_names_the_accepted_shapes(tmp_path: Path) -> None:
    """Wrong channels, a side that cannot be halved twice, no batch."""
    export(_model(tmp_path), tmp_path / "tiny.onnx")
    session = Session(tmp_path / "tiny.onnx", threads=1)
    for shape in ((1, 3, 16, 16), (1, 1, 16, 18), (1, 1, 0, 16), (1, 16, 16)):
        with pytest.raises(UserError, match=r"takes \[n, 1, H, W\], H and W multiples of 4, not"):
            session(np.zeros(shape, np.float32))


def test_the_export_command_writes_onnx_and_overwrites_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variant by its name; the suffix says the format, and an ONNX file is not exported again."""
    (data / "data").symlink_to(data)
    monkeypatch.chdir(data)
    out = Path("tiny.onnx")
    command("tiny", out)
    assert "in float32; takes [n, 1, H, W], H and W multiples of 4" in capsys.readouterr().out
    with pytest.raises(UserError, match="exists already"):
        command("tiny", out)
    command("tiny", out, "float16", force=True)
    with pytest.raises(UserError, match=r"give the \.pt file"):
        command(str(out), Path("again.onnx"))
    with pytest.raises(UserError, match=r"cannot write tiny.pth in int8 \(allowed: .onnx"):
        command("tiny", Path("tiny.pth"), "int8")
    with pytest.raises(UserError, match=r"cannot write tiny\.pt .allowed endings: \.onnx, \.pth"):
        command("tiny", Path("tiny.pt"))
