"""Variants of the studies: each is valid, and is written into params.yaml by additions only."""

from __future__ import annotations

import difflib
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from docs.generate.parameters import Parameters
from s2f_core.common.config import merge, validate
from s2f_core.common.errors import UserError
from s2f_core.common.study_variants import (
    FILE,
    MAPPINGS,
    StudyVariant,
    add,
    add_command,
    extend,
    read,
    read_absent,
    translation_owners,
    with_add,
)
from s2f_core.common.yaml_file import file_version, read_yaml
from s2f_core.common.yaml_text import entry_text
from s2f_core.data.assets.catalogue import CATALOGUE
from stages import main
from stages.app import build

ROOT = Path(__file__).parents[2]
KNOWN = read(ROOT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the parameters and the variants of the studies as they are in git."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / FILE.parent, tmp_path / FILE.parent)
    return tmp_path


def _content(project: Path) -> dict[str, Any]:
    file = project / "params.yaml"
    content: dict[str, Any] = read_yaml(file, file_version(file))
    return content


@pytest.mark.parametrize("name", KNOWN)
def test_a_variant_is_valid_for_params_yaml(name: str) -> None:
    """All its sections, merged with the defaults; it needs exactly what it brings."""
    variant, plain = KNOWN[name], _content(ROOT)
    assert [*variant.variants] == [*variant.translations] == [name]
    content = extend(plain, [variant])
    merged = {key: merge(content["defaults"], own) for key, own in content["variants"].items()}
    validate(Parameters, {**content, "variants": merged})
    data = variant.variants[name]["data"]
    tables = [{key: data[key] for key in ("role", "background", "condition")}]
    assert data["role"] in content["data"]
    assert set(variant.data) <= {data["role"]}
    assert list(variant.tables.values()) in ([], tables)
    assert tables[0] in content["tables"].values()
    assert set(variant.assets) <= CATALOGUE.keys()
    assert all(Path(role["path"]).name in (*variant.assets, "gaussian_surfaces.py")
               for role in variant.data.values())  # fmt: skip
    assert set(content["assets"]) >= set(variant.assets)


def test_names_are_neither_repeated_nor_in_the_default_pipeline() -> None:
    """Translations have one variant each."""
    content = _content(ROOT)
    assert not content["variants"].keys() & KNOWN.keys()
    own = {name for names in content["translations"].values() for name in names}
    assert not own & translation_owners(KNOWN).keys()
    assert translation_owners(KNOWN)["edges-drawn"] == "pix2pix-edges"
    assert read_absent(ROOT).keys() == KNOWN.keys()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("pix2pix-edges", "edges-nobg"),
        ("cyclegan-resnet", "cyclegan-unet"),
        ("hybrid", "pix2pix-pencil"),
    ],
)
def test_what_a_claim_or_a_table_compares_trains_for_as_long(name: str, other: str) -> None:
    """A share of other steps would decide the comparison."""
    shares = [
        variants[key].get("share", 1.0)
        for key, variants in ((name, KNOWN[name].variants), (other, _content(ROOT)["variants"]))
    ]
    assert shares[0] == shares[1]


@pytest.mark.parametrize("names", [["hybrid"], ["pose", "objects"], list(KNOWN)], ids=str)
def test_the_difference_has_additions_only(project: Path, names: list[str]) -> None:
    """Comments and layout stay; only a list within brackets changes its line."""
    before = (project / "params.yaml").read_text(encoding="utf-8")
    expected = extend(_content(project), [KNOWN[name] for name in names])
    add(names, project)
    after = (project / "params.yaml").read_text(encoding="utf-8")
    assert _content(project) == expected
    lines = [*difflib.ndiff(before.splitlines(), after.splitlines())]
    removed = [line for line in lines if line.startswith("- ")]
    assert removed == (["-   face-recognition, dat-x2]"] if "objects" in names else [])
    assert sum(line.startswith("+ ") for line in lines) > 5
    assert list(_content(project)["variants"])[-len(names) :] == names


def test_the_comments_of_an_entry_come_along(project: Path) -> None:
    """Those above it and those beside it; a blank line sets variants apart."""
    add(["pix2pix-hed", "pix2pix-edges"], project)
    text = (project / "params.yaml").read_text(encoding="utf-8")
    comment = entry_text((ROOT / FILE).read_text(encoding="utf-8"), "pix2pix-hed", "variants")
    above = next(line for line in comment.splitlines(keepends=True) if "#" in line)
    assert f"      best: last\n\n{above}  pix2pix-hed:\n    study: P1\n" in text
    assert "\n\n  pix2pix-edges:    # E1: L1, with the background\n" in text
    assert text.endswith("    edges-drawn: {transfer: true, scores: samples}\n")


@pytest.mark.parametrize(
    "layout",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: yaml.safe_dump(yaml.safe_load(text), sort_keys=False),
        lambda text: yaml.safe_dump(yaml.safe_load(text), sort_keys=False, indent=4),
        lambda text: yaml.safe_dump(yaml.safe_load(text), default_flow_style=True),
        lambda text: yaml.safe_dump(
            yaml.safe_load(text) | {"data": {}, "assets": [], "curation": {"roles": []}}
        ),
    ],
    ids=["crlf", "no last newline", "dumped", "indented", "braces", "empty"],
)
def test_other_layouts_are_extended_too(project: Path, layout: Any) -> None:
    """Windows' lines, files that a program wrote, sections in braces, empty ones."""
    file = project / "params.yaml"
    text = layout(file.read_text(encoding="utf-8"))
    file.write_bytes(text.encode())
    content = _content(project)
    add(["objects", "hybrid"], project)
    assert _content(project) == extend(content, [KNOWN["objects"], KNOWN["hybrid"]])
    ending = b"\r\n" if "\r\n" in text else b"\n"
    assert all(line.endswith(ending) for line in file.read_bytes().splitlines(keepends=True))


def test_a_role_or_a_table_that_is_there_stays(project: Path) -> None:
    """A role bound to a folder of one's own needs no asset; a table may have another name."""
    file = project / "params.yaml"
    text = file.read_text(encoding="utf-8")
    mine = "\n  objects: {source: folder, path: mine}\n"
    table = "\n  mine: {role: objects, background: kept, condition: given}\n"
    text = re.sub(r"(?m)(?<=^data:)(.*)\n", rf"\1{mine}", text)
    text = re.sub(r"(?m)(?<=^tables:)(.*)\n", rf"\1{table}", text)
    file.write_text(text, encoding="utf-8")
    assert add(["objects"], project) == [
        f"{file}: added objects to variants",
        f"{file}: added objects to translations",
    ]
    assert _content(project)["data"]["objects"] == {"source": "folder", "path": "mine"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["hybird"],
            r"no variant 'hybird' in studies/variants.yaml; these can be added:\n",
        ),
        (
            ["hybrid", "best"],
            r"params.yaml: 'best' is under variants already; these can",
        ),
    ],
)
def test_a_wrong_name_lists_the_known_ones_and_writes_nothing(
    project: Path, names: list[str], message: str
) -> None:
    """Each with a word on it; of several names one is enough."""
    before = (project / "params.yaml").read_bytes()
    with pytest.raises(UserError, match=message) as error:
        add(names, project)
    for name, variant in KNOWN.items():
        assert f"  {name}" in str(error.value)
        assert variant.about in str(error.value)
    assert (project / "params.yaml").read_bytes() == before
    assert [path.name for path in project.iterdir() if path.name.startswith(".")] == []


def test_a_variant_that_was_added_is_not_offered_again(project: Path) -> None:
    """Nor can it be added twice."""
    add(["hybrid"], project)
    with pytest.raises(UserError, match="'hybrid' is under variants already") as error:
        add(["hybrid"], project)
    assert "  hybrid" not in str(error.value)
    assert "hybrid" not in read_absent(project)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "\ntables:",
            "\ntabels:",
            "hybrid, pose cannot be written into a file of this",
        ),
        ("\nvariants:\n", "\nvariants: &all\n", None),
        (
            "  best: {best:",
            "  best: {hybrid:",
            "'hybrid' is a translation of best already",
        ),
    ],
)
def test_a_file_that_cannot_be_extended_stays(
    project: Path, old: str, new: str, message: str | None
) -> None:
    """A section is missing; a translation has the name of a new one. An anchor does no harm."""
    file = project / "params.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    before = file.read_bytes()
    if message is None:
        add(["hybrid", "pose"], project)
        assert "pose" in _content(project)["variants"]
        return
    with pytest.raises(UserError, match=message):
        add(["hybrid", "pose"], project)
    assert file.read_bytes() == before


def test_the_command_says_what_to_run_next(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it lists the variants."""
    monkeypatch.chdir(project)
    app = build(*main.COMMANDS)
    listed = CliRunner().invoke(app, ["add"]).output
    assert [line.split()[0] for line in listed.splitlines()] == list(KNOWN)
    output = CliRunner().invoke(app, ["add", "objects", "objects"]).output.splitlines()
    assert output[:2] == [
        "params.yaml: added openmoji to assets",
        "params.yaml: added objects to data",
    ]
    assert output[-1].startswith("next: dvc repro evaluate@objects, or dvc repro, which updates")


def test_commands_add_a_variant_that_is_absent_first() -> None:
    """Others stay as they are."""
    text = "dvc exp run -S lr=1e-4 evaluate@hybrid"
    assert with_add(text, ["hybrid"]) == f"s2f add hybrid && {text}"
    assert with_add(text, ["cyclegan"]) == text
    assert add_command(["a", "b", "a"]) == "s2f add a b && dvc repro"


def test_an_unknown_section_of_a_variant_is_an_error(project: Path) -> None:
    """Like one of params.yaml."""
    assert {"about", "assets", *MAPPINGS} == set(StudyVariant.model_fields)
    (project / FILE).write_text("a: {about: b, variants: {}, translations: {}, table: {}}\n")
    with pytest.raises(UserError, match=r"a.table: unknown key \(known keys: about, "):
        read(project)
