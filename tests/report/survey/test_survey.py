"""The blind study: its page, which must not give the answers away, and its answer files."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import survey_project
import yaml
from PIL import Image
from survey_project import HEADER, TRANSLATIONS, MakePage, answer_lines, write_table

from s2f_core.common.errors import UserError
from s2f_core.common.images import resize
from s2f_core.data import tables
from s2f_core.report.survey.answers import read_answers
from s2f_core.report.survey.rates import rate_table, survey_summary
from stages.survey import survey

base_project, root, make_page = (
    survey_project.base_project,
    survey_project.root,
    survey_project.make_page,
)


def test_the_page_is_half_real_and_gives_nothing_away(make_page: MakePage, root: Path) -> None:
    """Equal shares of different photos; keys sorted, and no name, id or address in the file."""
    page = make_page(each=10)
    truth = pd.DataFrame(page["truth"].values())
    assert truth["translation"].value_counts().to_dict() == {"": 20, "one": 10, "two": 10}
    assert truth["id"].is_unique  # no photo is beside its translation
    assert (truth["truth"] == "real").equals(truth["translation"] == "")
    assert [set(image) for image in page["images"]] == [{"key", "picture"}] * 40
    assert [image["key"] for image in page["images"]] == sorted(page["truth"])
    html = re.sub(r'"picture":"[^"]*"', "", page["html"])
    assert not re.search(r"<(link|img|iframe)|(src|href)=[\"']?[^#\"']|https?:|@import|url\(", html)
    assert not [row["translation"] for row in page["truth"].values() if f'"{row["id"]}"' in html]
    assert "translations" not in html
    assert page["page"].startswith("faces/kept seed=0 each=10 limit=0 ")


def test_pictures_have_one_size_and_are_lossless(make_page: MakePage, root: Path) -> None:
    """Real and generated ones are enlarged and encoded alike."""
    page = make_page(each=2)
    for image in page["images"]:
        row = page["truth"][image["key"]]
        name = row["translation"]
        folder = f"translations/{TRANSLATIONS[name].variant}/{name}" if name else "faces/kept"
        source = tables.read(root / "data" / folder)
        (place,) = source.positions([row["id"]])
        picture = Image.open(io.BytesIO(base64.b64decode(image["picture"])))
        np.testing.assert_array_equal(np.asarray(picture), resize(source.image(int(place)), 256))


def test_grey_outputs_are_beside_real_sketches(make_page: MakePage) -> None:
    """Grey outputs are beside real sketches."""
    page = make_page("back", each=3)
    assert page["page"].startswith("faces/kept-pencil ")
    assert {row["translation"] for row in page["truth"].values()} == {"", "back"}


def test_a_seed_determines_pictures_and_keys(make_page: MakePage) -> None:
    """Another seed gives other pictures and keys."""
    first, again, other = (
        make_page("one", each=5),
        make_page("one", each=5),
        make_page("one", each=5, seed=1),
    )
    assert first["html"] == again["html"]
    assert set(first["truth"]).isdisjoint(other["truth"])
    assert len(make_page("one")["images"]) == 80  # of forty photos; of fifty it were a hundred


def test_too_few_photos_are_shown_real_and_generated(
    make_page: MakePage, caplog: pytest.LogCaptureFixture
) -> None:
    """With a warning."""
    make_page(each=20)
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
def test_an_impossible_page_is_an_error(
    make_page: MakePage, names: list[str], options: dict[str, int], message: str
) -> None:
    """It names the request and the allowed values."""
    with pytest.raises(UserError, match=message):
        make_page(*names, **options)


def test_answers_are_resolved_without_key_csv(make_page: MakePage, root: Path) -> None:
    """The tables give the truth of a key, for every seed."""
    one, other = make_page("one", each=4, limit=500), make_page("faces/kept", each=3, seed=7)
    words = {"real": "real", "one": "real", "two": "generated"}
    text = HEADER + answer_lines(one, "Ana", words) + answer_lines(other, "Ana", words)
    (root / "data/survey/ana.csv").write_text(text)
    result = read_answers(root / "data/survey", root / "data")
    assert result is not None
    assert result.stale == {}
    truth = {**one["truth"], **other["truth"]}
    assert len(result.frame) == len(truth) == 8 + 12
    assert all(
        row.translation == truth[row.image]["translation"] for row in result.frame.itertuples()
    )
    assert set(result.frame["milliseconds"]) == {900}


def test_answers_to_changed_pictures_do_not_count(
    make_page: MakePage, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers to changed pictures do not count."""
    page = make_page(each=4)
    words = {"real": "real", "one": "real", "two": "real"}
    (root / "data/survey/ana.csv").write_text(HEADER + answer_lines(page, "Ana", words))
    write_table(root / "data/translations/two/two", np.zeros((40, 32, 32, 3), np.uint8))
    result = survey_summary(root)
    assert result is not None
    assert result["stale"] == {"two": 4}
    assert [row["name"] for row in result["by_variant"]] == ["one"]
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
def test_a_malformed_file_is_an_error_that_names_the_line(
    make_page: MakePage, root: Path, message: str
) -> None:
    """A malformed file is an error that names the line."""
    page = make_page(each=2)
    key = next(iter(page["truth"]))
    text = BAD[message].replace("KEY", key).replace("PAGE", page["page"])
    (root / "data/survey/bad.csv").write_text(text, errors="surrogateescape")
    with pytest.raises(UserError, match=message.replace("KEY", key)):
        read_answers(root / "data/survey", root / "data")


def test_the_summary_and_its_table(make_page: MakePage, root: Path) -> None:
    """Variants are sorted by their rate; someone who always says real has a real rate of 1."""
    assert survey_summary(root) is None
    page = make_page(each=4)
    words = {"real": "real", "one": "generated", "two": "real"}
    (root / "data/survey/ana.csv").write_text(HEADER + answer_lines(page, "Ana", words))
    (root / "data/survey/none.csv").write_text(HEADER)
    always = dict.fromkeys(words, "real")
    (root / "data/survey/bo.csv").write_text(HEADER + answer_lines(page, "Bo", always))
    result = survey_summary(root)
    assert result is not None
    assert (result["rate"], result["answers"], result["people"]) == (0.75, 16, 2)
    assert [(row["name"], row["rate"]) for row in result["by_variant"]] == [
        ("two", 1.0),
        ("one", 0.5),
    ]
    assert result["real"]["value"] == 1.0
    assert result["error"]["value"] == 0.375
    assert not result["timed"]
    json.dumps(result, allow_nan=False)
    lines = rate_table(root).splitlines()
    assert lines[2].split() == ["two", "100.0", "%", "51.0", "–", "100.0", "%", "8", "2"]
    assert lines[-1].startswith("Intervals: ")


def test_answers_to_real_pictures_only_give_no_summary(make_page: MakePage, root: Path) -> None:
    """Nor does a file with only a header."""
    page = make_page("one", each=2)
    lines = answer_lines(page, "Ana", {"real": "real", "one": "generated"}).splitlines()
    real = [line for line in lines if ",real," in line]
    for text in (HEADER, HEADER + "\n".join(real)):
        (root / "data/survey/ana.csv").write_text(text)
        assert survey_summary(root) is None


def test_the_command_writes_the_page_and_names_the_folder_for_answers(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command writes the page and names the folder for answers."""
    data = {"role": "faces", "background": "kept", "condition": "pencil"}
    params = {
        "variants": {"one": {"data": data}, "two": {"data": data}},
        "translations": {"one": {"one": {}}, "two": {"two": {}, "back": {"direction": "b-to-a"}}},
        "gap": {"people": "drawn"},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    monkeypatch.chdir(root)
    survey(each=2)
    assert capsys.readouterr().out.startswith("survey/index.html (faces/kept seed=0 each=2 limit=0")
    assert (root / "survey" / "index.html").is_file()
    with pytest.raises(UserError, match="data/survey has no answers that count"):
        survey(score=True)
