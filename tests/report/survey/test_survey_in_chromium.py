"""The survey's page in a real browser."""

from pathlib import Path

import pytest
import surveys
from browser import acted
from surveys import Make

from s2f_core.report.survey.answers import read_answers

made_once, root, make = surveys.made_once, surveys.root, surveys.make


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
def test_keys_and_buttons_make_the_answers(
    make: Make, root: Path, tmp_path: Path, limit: int
) -> None:
    """In a browser: keys, a button, undo, a reload; a picture whose time is over is gone."""
    page = make(each=4, limit=limit)
    text, (count, attributes), (order, other) = acted(page["html"], ACTS, tmp_path, 9000)
    (root / "data/survey/ana.csv").write_text(text)
    found = read_answers(root / "data/survey", root / "data")
    assert found is not None
    assert list(found.frame["answer"]) == ["real", "real", "generated", "real"]
    assert set(found.frame["person"]) == {'Ana "A", B'}
    assert set(found.frame["page"]) == {page["page"]}
    assert found.frame["image"].is_unique
    assert count == "Picture 5 of 16"
    assert attributes == (None if limit else ["alt", "draggable", "decoding", "src"])
    assert sorted(order) == sorted(other) == sorted(page["truth"])
    assert order != other
