"""The pages written by hand: links and paths exist, overrides and results are right."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.generate import results
from docs.generate.pages import PAGES as GENERATED
from docs.hooks import from_root, on_page_markdown

ROOT = Path(__file__).parents[2]
WRITTEN = [
    file
    for file in sorted((ROOT / "docs").rglob("*.md"))
    if "notes" not in file.relative_to(ROOT).parts
]
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *WRITTEN]
PATHS = re.compile(r"`((?:s2f_core|stages|tests|docs|benchmarks)/[\w./-]+)`")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINKS = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@each_page
def test_links_and_paths_exist(page: Path) -> None:
    """Links lead to files of the repository or to generated pages; blocks of code are left out."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for link in LINKS.findall(text):
        target = (page.parent / link).resolve()
        generated = target.relative_to(ROOT / "docs").as_posix() if "docs" in target.parts else ""
        assert target.exists() or generated in GENERATED, link
    for path in PATHS.findall(text):
        assert (ROOT / path).exists(), path


@each_page
def test_overrides_name_keys_of_params_yaml(page: Path) -> None:
    """``-S KEY=`` has a key of the file, ``-S +KEY=`` one that it lacks; ``++`` any."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")
    for variant in re.findall(r"-S '?\+*variants\.([\w-]+)", text):
        assert variant in params["variants"]
    for added, key in re.findall(r"-S '?(\+?)([a-z][\w.-]*)=", text):
        section: Any = params
        *above, last = key.split(".")
        for part in above:
            section = section.get(part, {})
        assert (last in section and f"-S ~{key} " not in text) is not bool(added), key


def test_at_most_ten_pages_are_written_by_hand() -> None:
    """All else is generated, or a note."""
    assert len(WRITTEN) <= 10


def test_readme_is_short_and_shows_results_of_the_committed_scores() -> None:
    """The table equals the one generated from metrics/ in git."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130
    if all(_committed(variant) is None for variant in results.VARIANTS):
        pytest.skip("no scores in git")
    assert results.in_readme() == results.table(_committed)


def _committed(variant: str) -> str | None:
    command = ["git", "show", f":metrics/{variant}.json"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return output.stdout if output.returncode == 0 else None


def test_the_table_of_results_is_sorted_by_kid() -> None:
    """Every translation of a variant is a row; a score that it lacks is a dash."""
    scores = {"kid": 0.2, "fid": 200.4, "lpips": 0.3, "ssim": 0.5, "pixel_difference": 0.15}
    unlike = {key: value for key, value in scores.items() if key != "lpips"}
    files = {
        "best": json.dumps({"best": scores}),
        "resnet": json.dumps({"resnet-edsr": {**unlike, "kid": 0.1, "fid": 99.5, "ssim": 0.25}}),
    }
    lines = results.table(files.get).splitlines()
    assert lines[2:] == [
        "| `resnet-edsr` | 0.100 | 100 | – | 0.250 | 0.150 |",
        "| `best` | 0.200 | 200 | 0.300 | 0.500 | 0.150 |",
    ]


def test_pages_of_the_root_link_within_the_site() -> None:
    """The README becomes index.md, so its links lose the folder docs."""
    text = from_root("README.md")
    assert "](docs/" not in text
    assert "](start.md)" in text
    assert "](contributing.md)" in text


def test_names_of_blocks_become_titles_or_go() -> None:
    """A name after the language would break the block for MkDocs."""
    text = "```console push\ndvc push\n```\n```diff a/b.py\n+1\n```\n```python\n1\n```\n"
    output = on_page_markdown(text)
    assert output.startswith("```console\n")
    assert '```diff title="a/b.py"\n' in output
    assert "```python\n1" in output
