"""The blind study: what its page shows and hides, and what is read of its answers."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import surveys
import yaml
from PIL import Image
from surveys import HEADER, KNOWN, Make, answered, put

from s2f_core.common.errors import UserError
from s2f_core.common.images import resize
from s2f_core.data import tables
from s2f_core.report.survey.answers import read_answers
from s2f_core.report.survey.rates import rate_table, survey_summary
from stages.survey import survey

made_once, root, make = surveys.made_once, surveys.root, surveys.make


def test_the_page_is_half_real_and_gives_nothing_away(make: Make, root: Path) -> None:
    """Equal shares of different photos; keys sorted, and no name, id or address in the file."""
    page = make(each=10)
    truth = pd.DataFrame(page["truth"].values())
    assert truth["translation"].value_counts().to_dict() == {"": 20, "one": 10, "two": 10}
    assert truth["id"].is_unique  # nobody sees a photo beside what was made of it
    assert (truth["truth"] == "real").equals(truth["translation"] == "")
    assert [set(image) for image in page["images"]] == [{"key", "picture"}] * 40
    assert [image["key"] for image in page["images"]] == sorted(page["truth"])
    html = re.sub(r'"picture":"[^"]*"', "", page["html"])
    assert not re.search(r"<(link|img|iframe)|(src|href)=[\"']?[^#\"']|https?:|@import|url\(", html)
    assert not [row["translation"] for row in page["truth"].values() if f'"{row["id"]}"' in html]
    assert "translations" not in html
    assert page["page"].startswith("faces/kept seed=0 each=10 limit=0 ")


def test_pictures_are_of_one_size_and_lossless(make: Make, root: Path) -> None:
    """Real and generated are enlarged and encoded in the same way."""
    page = make(each=2)
    for image in page["images"]:
        row = page["truth"][image["key"]]
        name = row["translation"]
        folder = f"translations/{KNOWN[name].variant}/{name}" if name else "faces/kept"
        source = tables.read(root / "data" / folder)
        (place,) = source.positions([row["id"]])
        shown = Image.open(io.BytesIO(base64.b64decode(image["picture"])))
        np.testing.assert_array_equal(np.asarray(shown), resize(source.image(int(place)), 256))


def test_grey_outputs_can_be_asked_about(make: Make) -> None:
    """Of sketches made from photos, held against sketches."""
    page = make("back", each=3)
    assert page["page"].startswith("faces/kept-pencil ")
    assert {row["translation"] for row in page["truth"].values()} == {"", "back"}


def test_a_seed_chooses_pictures_and_keys(make: Make) -> None:
    """The same again; another seed shows others, under other keys; a page fills itself."""
    first, again, other = make("one", each=5), make("one", each=5), make("one", each=5, seed=1)
    assert first["html"] == again["html"]
    assert set(first["truth"]).isdisjoint(other["truth"])
    assert len(make("one")["images"]) == 80  # of forty photos; of fifty it were a hundred


def test_too_few_photos_are_shown_both_ways(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so."""
    make(each=20)
    assert "some are shown both real and generated" in caplog.text


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (
            ["hat"],
            {},
            r"'hat' is neither a translation .*\(translations: one, two, .*faces/kept-pencil\)",
        ),
        (
            ["one", "back"],
            {},
            r"several tables \(faces/kept, faces/kept-pencil\); .* choose one",
        ),
        (["space"], {}, "no pictures to look at"),
        (["later"], {}, "is not an image table"),
        (["faces"], {"each": 21}, "must be 1 to 20, since faces/kept has 40 test images"),
        (["faces"], {"each": 0}, "must be 1 to 20"),
        (["faces"], {"limit": -1}, "a limit of -1 ms: must be 1 to 60,000, or 0"),
    ],
)
def test_a_page_that_cannot_be(
    make: Make, names: list[str], options: dict[str, int], message: str
) -> None:
    """What was asked for, and what is allowed."""
    with pytest.raises(UserError, match=message):
        make(*names, **options)


def test_answers_are_told_apart_without_the_key(make: Make, root: Path) -> None:
    """The tables say what each key stands for, as key.csv does; pages of other seeds too."""
    one, other = make("one", each=4, limit=500), make("faces/kept", each=3, seed=7)
    words = {"real": "real", "one": "real", "two": "generated"}
    text = HEADER + answered(one, "Ana", words) + answered(other, "Ana", words)
    (root / "data/survey/ana.csv").write_text(text)
    found = read_answers(root / "data/survey", root / "data")
    assert found is not None
    assert found.stale == {}
    truth = {**one["truth"], **other["truth"]}
    assert len(found.frame) == len(truth) == 8 + 12
    assert all(
        row.translation == truth[row.image]["translation"] for row in found.frame.itertuples()
    )
    assert set(found.frame["milliseconds"]) == {900}


def test_answers_to_pictures_made_anew_do_not_count(
    make: Make, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A model that was trained again is not judged by what people said of the old one."""
    page = make(each=4)
    words = {"real": "real", "one": "real", "two": "real"}
    (root / "data/survey/ana.csv").write_text(HEADER + answered(page, "Ana", words))
    put(root / "data/translations/two/two", np.zeros((40, 32, 32, 3), np.uint8))
    found = survey_summary(root)
    assert found is not None
    assert found["stale"] == {"two": 4}
    assert [row["name"] for row in found["by_variant"]] == ["one"]
    assert "4 answers do not count, since their pictures have changed" in caplog.text


BAD = {
    "columns are 'person,image', must be 'person,image,answer": "person,image\n",
    "bad.csv:2: must have 5 values": HEADER + "Ana,KEY,real\n",
    "bad.csv:2: person is empty": HEADER + ",KEY,real,9,PAGE\n",
    "bad.csv:2: answer 'fake' must be real or generated": HEADER + "Ana,KEY,fake,9,PAGE\n",
    "bad.csv:2: milliseconds '9.5' must be a whole number": HEADER + "Ana,KEY,real,9.5,PAGE\n",
    "bad.csv:2: page 'mine' must be the id of a page": HEADER + "Ana,KEY,real,9,mine\n",
    "bad.csv:2: no picture has the key '0123456789abcdef01': seed 0 gives keys to the 160": HEADER
    + "Ana,0123456789abcdef01,real,9,PAGE\n",
    "bad.csv:2: no picture has the key 'KEY.png'": HEADER + "Ana,KEY.png,real,9,PAGE\n",
    "bad.csv:2: the page's table '../x' is no image table": HEADER
    + "Ana,KEY,real,9,../x seed=0 each=2 limit=0 01234567\n",
    "bad.csv:3: Ana answered KEY before, in .*bad.csv:2": HEADER
    + "Ana,KEY,real,9,PAGE\nAna,KEY,generated,9,PAGE\n",
    "cannot be read": "\udcff",
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_file_names_its_line(make: Make, root: Path, message: str) -> None:
    """And what is allowed there."""
    page = make(each=2)
    key = next(iter(page["truth"]))
    text = BAD[message].replace("KEY", key).replace("PAGE", page["page"])
    (root / "data/survey/bad.csv").write_text(text, errors="surrogateescape")
    with pytest.raises(UserError, match=message.replace("KEY", key)):
        read_answers(root / "data/survey", root / "data")


def test_the_section_and_its_text(make: Make, root: Path) -> None:
    """Who says real to everything is seen by the real ones; variants by how much they fool."""
    assert survey_summary(root) is None
    page = make(each=4)
    words = {"real": "real", "one": "generated", "two": "real"}
    (root / "data/survey/ana.csv").write_text(HEADER + answered(page, "Ana", words))
    (root / "data/survey/none.csv").write_text(HEADER)
    always = dict.fromkeys(words, "real")
    (root / "data/survey/bo.csv").write_text(HEADER + answered(page, "Bo", always))
    found = survey_summary(root)
    assert found is not None
    assert (found["rate"], found["answers"], found["people"]) == (0.75, 16, 2)
    assert [(row["name"], row["rate"]) for row in found["by_variant"]] == [
        ("two", 1.0),
        ("one", 0.5),
    ]
    assert found["real"]["value"] == 1.0
    assert found["error"]["value"] == 0.375
    assert not found["timed"]
    json.dumps(found, allow_nan=False)
    lines = rate_table(root).splitlines()
    assert lines[2].split() == ["two", "100.0", "%", "51.0", "–", "100.0", "%", "8", "2"]
    assert lines[-1].startswith("Intervals: ")


def test_answers_to_real_pictures_alone_are_no_rate(make: Make, root: Path) -> None:
    """There is nothing to show, nor where a file has its header only."""
    page = make("one", each=2)
    lines = answered(page, "Ana", {"real": "real", "one": "generated"}).splitlines()
    real = [line for line in lines if ",real," in line]
    for text in (HEADER, HEADER + "\n".join(real)):
        (root / "data/survey/ana.csv").write_text(text)
        assert survey_summary(root) is None


def test_the_command(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It writes the page, and says where answers go while there are none."""
    data = {"role": "faces", "background": "kept", "condition": "pencil"}
    variants = {
        "one": {"data": data},
        "two": {"data": data, "translations": {"two": {}, "back": {"direction": "b-to-a"}}},
    }
    (root / "params.yaml").write_text(
        yaml.safe_dump({"variants": variants, "gap": {"people": "drawn"}})
    )
    monkeypatch.chdir(root)
    survey(each=2)
    assert capsys.readouterr().out.startswith("survey/index.html (faces/kept seed=0 each=2 limit=0")
    assert (root / "survey" / "index.html").is_file()
    with pytest.raises(UserError, match="data/survey has no answers that count"):
        survey(score=True)
