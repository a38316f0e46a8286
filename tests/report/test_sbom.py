"""``s2f licences``: what it is all made of, what nobody has licensed, and the bill of materials."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from s2f_core.common.errors import UserError
from s2f_core.data.assets.catalogue import CATALOGUE
from s2f_core.report.sbom import Part, bill, parts, table
from stages.licences import licences

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Part]:
    """All parts, where nothing was fetched."""
    return parts(tmp_path_factory.mktemp("assets"))


def test_every_package_is_pinned(found: list[Part]) -> None:
    """What is needed has its exact version in constraints.txt, the one that is installed."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.lower().replace("_", "-").replace(".", "-").split("==") for line in lines)
    for part in found:
        if part.kind == "package" and part.name != "setuptools":  # part of every environment
            version = part.version.partition("+")[0].lower().replace("_", "-").replace(".", "-")
            assert pinned.get(part.name.replace(".", "-")) == version, part.name


def test_needs_of_needs_and_of_extras_are_there(found: list[Part]) -> None:
    """Direct ones, those behind them, one of an extra; none that only tests need."""
    names = {part.name for part in found if part.kind == "package"}
    assert {"torch", "sympy", "pydantic-core", "dask", "onnxruntime"} <= names
    assert not {"s2f", "pytest", "hypothesis", "mypy"} & names
    assert {part.name for part in found if part.kind != "package"} == set(CATALOGUE)


def test_every_package_has_a_licence_and_unknown_ones_are_marked(found: list[Part]) -> None:
    """Of the data, two sources state none."""
    unknown = {part.name for part in found if part.unknown}
    assert unknown == {"cifar10", "edges2handbags"}
    text = table(found)
    assert re.search(r"cifar10 +UNKNOWN none stated \(not here\)", text)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("licence", ["", "UNKNOWN", "None stated: a page"])
def test_what_is_no_licence(licence: str) -> None:
    """However it is said."""
    assert Part("package", "a", "1", licence, "").unknown
    assert not Part("package", "a", "1", "Unlicense", "").unknown


def test_strict_fails_for_what_is_here_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing fetched: all is well. CIFAR-10 fetched: its licence is missed."""
    monkeypatch.chdir(tmp_path)
    licences(strict=True, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert {"name", "version", "licence", "page", "unknown", "here"} <= told[0].keys()
    file = tmp_path / "data/assets/cifar10/cifar-10-python.zip"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    with pytest.raises(UserError, match="no known licence: cifar10"):
        licences(strict=True)


def test_the_bill_of_materials_is_cyclonedx(found: list[Part], tmp_path: Path) -> None:
    """Its required fields, unique references, packages by purl, files by checksum, no loose end."""
    text = bill(found)
    assert text == bill(found)
    told = json.loads(text)
    assert (told["bomFormat"], told["specVersion"], told["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told["serialNumber"])
    assert told["metadata"]["component"]["version"] == distribution("s2f").version
    components = {each["bom-ref"]: each for each in told["components"]}
    assert len(components) == len(found)
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
    edges = {each["ref"]: each["dependsOn"] for each in told["dependencies"]}
    assert {each for needs in edges.values() for each in needs} <= components.keys()
    assert any(each.startswith("pkg:pypi/torch@") for each in edges["s2f"])


def test_the_command_writes_it(tmp_path: Path) -> None:
    """As a program; a place that cannot be written is said."""
    out = tmp_path / "sbom.json"
    run = [sys.executable, "-m", "stages.licences", "--sbom"]
    done = subprocess.run([*run, str(out)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "PACKAGE" in done.stdout
    assert json.loads(out.read_text(encoding="utf-8"))["components"]
    failed = subprocess.run(
        [*run, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert "cannot be written: Is a directory" in failed.stderr
