"""Names: one rule for all of them, applied to the whole file before a stage works."""

from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from s2f_core.common.config import load
from s2f_core.common.entry_names import ALLOWED, NAMED, RESERVED, Name, check_names
from s2f_core.common.errors import UserError

ROOT = Path(__file__).parents[2]
WRONG = [
    *(
        "my faces",
        "a(b",
        "a/b",
        "a:b",
        "a%b",
        "a.b",
        "-a",
        "_a",
        "é",
        "..",
        ".",
        "",
        "a\nb",
        "a" * 65,
    ),
    *("a'b", "$(date)", "a@b", "a,b", "顔", "a\u202eb", "a\tb", "*", "~", "a" * 300),
]
RIGHT = ["a", "Faces", "pix2pix-pencil", "P1", "lr_1e-3", "no", "2024-01-01", "a" * 64, "kept"]


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("section", [*NAMED, "translations.best"])
def test_a_wrong_name_is_refused_whichever_section_a_stage_reads(
    tmp_path: Path, section: str, name: str
) -> None:
    """The message says where it is and what is allowed, on one line."""
    content: dict[str, object] = {name: {}}
    for key in reversed(section.split(".")):
        content = {key: content}
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump({"seed": 0, **content}), encoding="utf-8")
    with pytest.raises(UserError) as error:
        load(int, "seed", file=file)
    assert str(error.value).startswith(f"{file}: {section}: ")
    assert str(error.value).endswith(f"cannot be a name (allowed: {ALLOWED})")
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="cannot be a name"):
        TypeAdapter(Name).validate_python(name)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_name_is_left_as_it_is(name: str) -> None:
    """Letters of either case, digits, - and _."""
    assert TypeAdapter(Name).validate_python(name) == name
    check_names({section: {name: {}} for section in NAMED}, Path("params.yaml"))


def test_a_name_of_the_pipelines_own_folders_is_refused() -> None:
    """A role lies in data/ROLE, where data/models is; a variant has metrics/VARIANT.json."""
    with pytest.raises(UserError, match=r"p: data: 'models' is the name of a folder .*reserved: "):
        check_names({"data": {"models": {}}}, Path("p"))
    with pytest.raises(UserError, match=r"p: data: 'Models' is the name of a folder"):
        check_names({"data": {"Models": {}}}, Path("p"))
    with pytest.raises(UserError, match=r"p: variants: 'human-gap' is the name of"):
        check_names({"variants": {"human-gap": {}}}, Path("p"))
    check_names({"variants": {"models": {}}}, Path("p"))


def test_the_reserved_names_are_those_of_dvc_yaml() -> None:
    """Whatever a stage writes beside roles and beside the metrics of variants."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    paths: set[str] = {"data/lists", "data/survey"}  # which a person writes
    for entry in stages.values():
        stage = entry.get("do", entry)
        for kind in ("outs", "metrics"):
            paths |= {
                out if isinstance(out, str) else next(iter(out)) for out in stage.get(kind, [])
            }
    names = {path.split("/")[1] for path in paths if path.startswith("data/")}
    assert {name for name in names if not name.startswith("$")} == set(RESERVED["data"])
    metrics = {Path(path).stem for path in paths if path.startswith("metrics/") and ".json" in path}
    assert {name for name in metrics if not name.startswith("$")} == set(RESERVED["variants"])


def test_names_that_differ_in_case_only_are_refused() -> None:
    """On macOS and Windows they would be one folder."""
    with pytest.raises(UserError, match=r"p: data: 'Faces' and 'faces' differ in case only"):
        check_names({"data": {"Faces": {}, "faces": {}}}, Path("p"))


def test_variants_and_translations_are_checked_before_a_training() -> None:
    """The report would be the first to miss one, and MLflow has one model of a name."""
    variants: dict[str, dict[str, object]] = {"a": {}, "b": {}}
    file = Path("p")
    with pytest.raises(UserError, match=r"p: 'b' is under variants only: every variant has an"):
        check_names({"variants": variants, "translations": {"a": {"a": {}}}}, file)
    with pytest.raises(UserError, match=r"p: 'c' is under translations only"):
        check_names({"variants": variants, "translations": {"a": {}, "b": {}, "c": {}}}, file)
    with pytest.raises(UserError, match=r"p: translations\.b: 'x' is a translation of a already"):
        check_names({"variants": variants, "translations": {"a": {"x": {}}, "b": {"x": {}}}}, file)
    check_names({"variants": variants, "translations": {"a": {"a": {}}, "b": {"x": {}}}}, file)
    check_names({"variants": variants}, file)


@pytest.mark.parametrize("roles", [["face"], ["faces", 1], ["faces", ["faces"]]])
def test_a_curated_role_exists(roles: list[object]) -> None:
    """No stage would miss it, and no image would be curated."""
    content = {"data": {"faces": {}, "persons": {}}, "curation": {"roles": roles}}
    with pytest.raises(UserError, match=r"curation.roles: there is no role .* faces, persons\)"):
        check_names(content, Path("params.yaml"))
    check_names({**content, "curation": {"roles": ["persons"]}}, Path("params.yaml"))


def test_a_class_can_have_any_text() -> None:
    """Classes are folders of others."""
    from s2f_core.data.selection import VariantData

    names = ("Golden Retriever", "été", "a/b: c%", "No", "1")
    data = VariantData(role="dogs", background="kept", condition="pencil", classes=names)
    assert data.classes == names
