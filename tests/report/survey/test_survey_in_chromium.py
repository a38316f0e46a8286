"""The survey's page in a real browser."""

from pathlib import Path

import pytest
import survey_project
from browser import run_on_page
from survey_project import MakePage

from s2f_core.report.survey.answers import read_answers

base_project, root, make_page = (
    survey_project.base_project,
    survey_project.root,
    survey_project.make_page,
)


ACTS = """
addEventListener("error", (event) => { document.title = `failed: ${event.message}`; });
const wait = () => new Promise((go) => setTimeout(go, 700));
const event = (key) => new KeyboardEvent("keydown", { key, bubbles: true });
const press = (key) => document.body.dispatchEvent(event(key));
(async () => {
  $("person").value = ' Ana "A", B ';
  $("start").requestSubmit();
  await wait(); press("ArrowRight"); press("g");  // the second is too quick to be meant
  await wait(); press("G");
  await wait(); press("u");
  await wait(); $("answers").querySelector("[data-answer=real]").click();
  await wait(); press("ArrowLeft");
  begin(recall("", ""));  // as after a reload
  await wait(); press("r");
  await wait();
  const img = document.querySelector("#stage img");
  const shown = [$("count").textContent, img ? [...img.attributes].map((one) => one.name) : null];
  const orders = ["Ana", "Bo"].map((name) => { begin(name); return order; });
  begin('Ana "A", B');
  document.title = JSON.stringify([csv(), shown, orders]);
})();
"""


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 50])
def test_keys_and_buttons_give_answers(
    make_page: MakePage, root: Path, tmp_path: Path, limit: int
) -> None:
    """With undo and a reload; a picture disappears at its time limit."""
    page = make_page(each=4, limit=limit)
    text, (count, attributes), (order, other) = run_on_page(page["html"], ACTS, tmp_path, 9000)
    (root / "data/survey/ana.csv").write_text(text)
    answers = read_answers(root / "data/survey", root / "data")
    assert answers is not None
    assert list(answers.frame["answer"]) == ["real", "real", "generated", "real"]
    assert set(answers.frame["person"]) == {'Ana "A", B'}
    assert set(answers.frame["page"]) == {page["page"]}
    assert answers.frame["image"].is_unique
    assert count == "Picture 5 of 16"
    assert attributes == (None if limit else ["alt", "draggable", "decoding", "src"])
    assert sorted(order) == sorted(other) == sorted(page["truth"])
    assert order != other
