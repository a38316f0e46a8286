"""``s2f licences``: the parts of s2f, the parts without a licence, and the bill of materials."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from s2f_core.common.errors import UserError
from s2f_core.data.assets.catalogue import CATALOGUE
from s2f_core.report.sbom import Part, as_cyclonedx, as_text, list_parts
from stages.licences import licences

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Part]:
    """All parts, with nothing fetched."""
    return list_parts(tmp_path_factory.mktemp("assets"))


def test_every_required_package_is_pinned_to_its_installed_version(parts: list[Part]) -> None:
    """constraints.txt has its exact version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.lower().replace("_", "-").replace(".", "-").split("==") for line in lines)
    for part in parts:
        if part.kind == "package" and part.name != "setuptools":  # part of every environment
            version = part.version.partition("+")[0].lower().replace("_", "-").replace(".", "-")
            assert pinned.get(part.name.replace(".", "-")) == version, part.name


def test_indirect_packages_and_those_of_extras_are_parts(parts: list[Part]) -> None:
    """Packages that only tests need are not."""
    names = {part.name for part in parts if part.kind == "package"}
    assert {"torch", "sympy", "pydantic-core", "dask", "onnxruntime"} <= names
    assert not {"s2f", "pytest", "hypothesis", "mypy"} & names
    assert {part.name for part in parts if part.kind != "package"} == set(CATALOGUE)


def test_every_package_has_a_licence_and_unknown_licences_are_marked(parts: list[Part]) -> None:
    """Two data sets state none."""
    unknown = {part.name for part in parts if part.unknown}
    assert unknown == {"cifar10", "edges2handbags"}
    text = as_text(parts)
    assert re.search(r"cifar10 +UNKNOWN none stated \(not here\)", text)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("licence", ["", "UNKNOWN", "None stated: a page"])
def test_licences_that_state_nothing_are_unknown(licence: str) -> None:
    """In several wordings."""
    assert Part("package", "a", "1", licence, "").unknown
    assert not Part("package", "a", "1", "Unlicense", "").unknown


def test_strict_fails_for_fetched_parts_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CIFAR-10 has no licence: fails once it is fetched."""
    monkeypatch.chdir(tmp_path)
    licences(strict=True, json=True)
    rows = json.loads(capsys.readouterr().out)
    assert {"name", "version", "licence", "page", "unknown", "here"} <= rows[0].keys()
    file = tmp_path / "data/assets/cifar10/cifar-10-python.zip"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    with pytest.raises(UserError, match="no licence is known for: cifar10"):
        licences(strict=True)


def test_the_bill_of_materials_is_valid_and_complete(parts: list[Part], tmp_path: Path) -> None:
    """Valid by the schema; packages by purl, files by checksum, dependencies by component."""
    text = as_cyclonedx(parts)
    assert text == as_cyclonedx(parts)
    content = json.loads(text)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert (content["bomFormat"], content["specVersion"], content["version"]) == (
        "CycloneDX",
        "1.6",
        1,
    )
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", content["serialNumber"]
    )
    assert content["metadata"]["component"]["version"] == distribution("s2f").version
    components = {each["bom-ref"]: each for each in content["components"]}
    assert len(components) == len(parts)
    assert all(each["type"] and each["name"] for each in components.values())
    for reference, each in components.items():
        if each["type"] == "library":
            assert re.fullmatch(r"pkg:pypi/[a-z0-9.-]+@[\w.%-]+", reference)
            (licence,) = each["licenses"]
            assert licence.keys() in ({"expression"}, {"license"})
    (weights,) = components["weights:inception"]["components"]
    assert weights["hashes"] == [
        {
            "alg": "SHA-256",
            "content": CATALOGUE["inception"].files[0].checksum.removeprefix("sha256:"),
        }
    ]
    edges = {each["ref"]: each["dependsOn"] for each in content["dependencies"]}
    assert {each for needs in edges.values() for each in needs} <= components.keys()
    assert any(each.startswith("pkg:pypi/torch@") for each in edges["s2f"])


def test_the_command_writes_the_bill_of_materials(tmp_path: Path) -> None:
    """A path that cannot be written is an error."""
    out = tmp_path / "sbom.json"
    run = [sys.executable, "-m", "stages.licences", "--sbom"]
    result = subprocess.run([*run, str(out)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "PACKAGE" in result.stdout
    assert json.loads(out.read_text(encoding="utf-8"))["components"]
    failure = subprocess.run(
        [*run, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert failure.returncode == 1
    assert "cannot be written: Is a directory" in failure.stderr
