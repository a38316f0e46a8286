"""The benchmark of drawings: what it reads, measures and writes."""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import MakeTable

from benchmarks import drawing
from benchmarks.drawing_files import DRAWINGS, draw_svg, read_drawings
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, decode, save_png
from s2f_core.inference import load
from s2f_core.inference.options import Options
from s2f_core.metrics.types import Values

ROOT = Path(__file__).parents[2]
EYES = [(33, (8.0, 10.0)), (263, (24.0, 10.0)), (61, (10.0, 20.0)), (291, (22.0, 20.0))]


class Means:
    """A stand-in for Inception, the face network and LPIPS: 1 and more, by means of squares."""

    network, resize, loss_network = "of no network", "none", ""

    def __call__(self, images: Pixels) -> Values:
        """Features [n, 16 C] of images [n, 4 k, 4 k, C]."""
        squares = 1 + images.astype(float).reshape(len(images), 4, 8, 4, 8, -1) / 255
        return np.asarray(squares.mean(axis=(2, 4)).reshape(len(images), -1))


class FacesOfBrightness(Means):
    """A stand-in for the face mesh: a smile, moved right by a pixel for every 16 grey levels.

    A black image has no face.
    """

    def __call__(self, images: Pixels) -> Values:
        """Points [n, 2 · 468]."""
        face = np.zeros((468, 2))
        for place, point in EYES:
            face[place] = point
        face[[13, 14]] = (16, 24)
        mean = images.mean(axis=(1, 2, 3))
        shift = np.where(mean > 0, mean / 16, np.nan)[:, None, None] * [1, 0]
        return np.asarray((face + shift).reshape(len(images), -1))


@dataclass
class Darkening:
    """A stand-in for a model: the drawing's mean grey less 32, at 16 pixels, less one by sample."""

    draws_noise: bool = True
    calls: int = 0

    def open(self, data: Path) -> "Darkening":
        """Return itself, as a file would its model."""
        assert data == drawing.DATA
        return self

    @property
    def name(self) -> str:
        """The model's name in the table."""
        return "darkening"

    def make(self, pictures: list[Pixels], options: Options) -> list[list[Pixels]]:
        """Return ``options.samples`` flat images of each picture."""
        self.calls += 1
        assert not options.cut
        greys = [max(int(picture.mean()) - 32, 0) for picture in pictures]
        flat = np.ones((16, 16, 3), np.uint8)
        return [[flat * max(g - 16 * k, 0) for k in range(options.samples)] for g in greys]


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, faces: Pixels) -> drawing.Judge:
    """A judge by stand-ins for the networks; its photos are pictures of 32 pixels."""
    of_faces, means = FacesOfBrightness(), Means()
    networks = {"inception": means, "identity": means, "lpips": means}
    networks |= {"faces": of_faces, "drawn_faces": of_faces}
    monkeypatch.setattr(drawing, "feature_networks", lambda _: networks)
    return drawing.Judge(faces[:20], Path("none"))


def _flat(grey: int, height: int = 32, width: int = 32) -> Pixels:
    return np.full((height, width, 3), grey, np.uint8)


def test_outputs_are_compared_with_their_drawings(judge: drawing.Judge) -> None:
    """One of three outputs is black; the others are 2 pixels of 16 away from their drawings."""
    drawings = np.stack([_flat(grey) for grey in (20, 96, 160)])
    outputs = np.stack([_flat(grey) for grey in (0, 64, 128)])
    count, found, kid, spread, face_kid, *of_drawings = judge(outputs, drawings)
    assert [count, found] == pytest.approx([3, 2 / 3], rel=1e-5)
    assert of_drawings == pytest.approx([2 / 3, 2 / 16, 1])
    assert kid is not None
    assert kid > 0
    assert face_kid is not None
    assert spread is None  # of three images
    assert judge(outputs)[-3:] == [None, None, None]
    assert judge.worst_first(np.stack([_flat(9), _flat(0), _flat(9)])) == [1, 0, 2]


def test_a_model_gets_one_drawing_at_a_time(judge: drawing.Judge) -> None:
    """Outputs have the photos' size; samples of one drawing are compared with each other."""
    model = Darkening()
    outputs = drawing.run(model, [_flat(200, 50, 20), _flat(100)], 3, judge)  # type: ignore[arg-type]
    assert outputs.images.shape == (2, 32, 32, 3)
    assert outputs.images.mean(axis=(1, 2, 3)).tolist() == [168, 68]
    greys = np.array([168, 152, 136, 68, 52, 36])  # each is in two pairs of its drawing
    assert outputs.variety == pytest.approx(1 + greys.mean() / 255)
    assert model.calls == 4
    plain = drawing.run(Darkening(draws_noise=False), [_flat(9)], 3, judge)  # type: ignore[arg-type]
    assert plain.variety is None


def test_a_table_and_a_sheet_are_written(
    judge: drawing.Judge,
    faces: Pixels,
    make_table: MakeTable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The floor, the drawings, and a row for each model; black outputs come first."""
    assert judge.side == 32
    make_table("photos/kept", faces)
    (tmp_path / "mine").mkdir()
    for number, grey in enumerate((200, 30, 100)):
        save_png(tmp_path / "mine" / f"{number}.png", _flat(grey))
    monkeypatch.setattr(load, "find", lambda *_: Darkening())
    file, sheets = tmp_path / "out.csv", tmp_path / "sheets"
    options = ["--photos", str(tmp_path / "photos" / "kept"), "--csv", str(file)]
    options += ["--models", "any", "--sheet", str(sheets)]
    monkeypatch.setattr(sys, "argv", ["drawing", str(tmp_path / "mine"), *options])
    drawing.main()
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["model"] for row in rows] == [drawing.FLOOR, drawing.ITSELF, "darkening"]
    assert [float(row["N"]) for row in rows] == [20, 3, 3]
    assert float(rows[2]["faces found"]) == pytest.approx(2 / 3, rel=1e-5)
    assert float(rows[2]["drawing error"]) == pytest.approx(2 / 16)
    assert float(rows[2]["ms"]) >= 0
    picture = decode((sheets / "mine-darkening.jpg").read_bytes())
    assert picture.shape == (2 * 34 - 2, drawing.PER_ROW * 34 - 2, 3)
    drawings, outputs = picture[16, 16::34, 0].astype(int), picture[50, 16::34, 0].astype(int)
    assert drawings[:4] == pytest.approx([30, 200, 100, 255], abs=3)
    assert outputs[:4] == pytest.approx([0, 168, 68, 255], abs=3)


def test_a_number_of_samples_is_checked_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message is one line, before anything is read."""
    monkeypatch.setattr(sys, "argv", ["drawing", "nowhere", "--models", "any", "--samples", "0"])
    with pytest.raises(SystemExit, match="samples: 0 is not possible"):
        drawing.main()
    assert drawing.FLOOR not in capsys.readouterr().out


def test_photos_are_those_that_no_training_sees(
    make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """With a split its validation and test photos; else every other photo."""
    make_table("role/kept", faces)
    first, others = drawing.read_photos(tmp_path / "role" / "kept")
    assert np.array_equal(first, faces[::2])
    assert np.array_equal(others, faces[1::2])
    names = [f"{row:03d}" for row in range(40)]
    parts = ["train"] * 30 + ["val"] * 4 + ["test"] * 6
    pd.DataFrame({"id": names, "split": parts}).to_parquet(tmp_path / "role" / "split.parquet")
    first, others = drawing.read_photos(tmp_path / "role" / "kept")
    assert np.array_equal(first, faces[30:])
    assert np.array_equal(others, faces[:30])


def test_folders_tables_and_svg_files_are_read(
    make_table: MakeTable, faces: Pixels, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read is named; a folder without a drawing is an error."""
    table = make_table("drawn", faces[..., :1])
    assert [each.shape for each in read_drawings(table.folder)] == [(32, 32, 3)] * 40
    folder = tmp_path / "mine"
    (folder / "deeper").mkdir(parents=True)
    with pytest.raises(UserError, match="no drawing that can be read"):
        read_drawings(folder)
    save_png(folder / "b.png", _flat(7, 20, 30))
    (folder / "a.png").write_bytes(b"no picture")
    (folder / "deeper" / "c.svg").write_text("<svg>")
    (folder / "d.txt").write_text("text")
    capsys.readouterr()
    (only,) = read_drawings(folder)
    assert np.array_equal(only, _flat(7, 20, 30))
    assert [line.split(" is left out: ")[0] for line in capsys.readouterr().err.splitlines()] == [
        str(folder / "a.png"),
        str(folder / "deeper" / "c.svg"),
    ]
    with pytest.raises(UserError, match="no folder"):
        read_drawings(folder / "b.png")


def test_the_twenty_drawings_are_dark_lines_on_white() -> None:
    """Each is a square with 2 to 12 % of ink and paper in the corner, and none is another."""
    files = sorted((ROOT / DRAWINGS).glob("*.svg"))
    pages = np.stack([draw_svg(file, 64) for file in files])
    assert pages.shape == (20, 64, 64, 3)
    ink = 1 - pages.mean(axis=(1, 2, 3)) / 255
    assert (ink > 0.02).all()
    assert (ink < 0.12).all()
    assert (pages[:, 0, 0] == 255).all()
    assert len({page.tobytes() for page in pages}) == 20
