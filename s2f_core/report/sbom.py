"""Packages, data and weights that s2f uses, with their licences; a bill of materials of them.

Packages are those that s2f requires, directly or not, with its extras as far as they are
installed. Their licences come from their metadata. Data and weights are those of the catalogue.
"""

from __future__ import annotations

import json
import textwrap
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from s2f_core.data.assets.asset import Asset
from s2f_core.data.assets.image_assets import IMAGES
from s2f_core.data.assets.weight_assets import WEIGHTS

PartKind = Literal["package", "pictures", "weights"]

ROOT = "s2f"
DEVELOPMENT = ("dev", "docs")  # extras that running s2f does not need
KNOWN_LICENCES = {  # from licence files or the publisher's terms, where the metadata is silent
    "cuda-toolkit": "NVIDIA CUDA Toolkit EULA",
    "huey": "MIT",
    "resvg-py": "MIT",
    "skops": "MIT",
}
NO_LICENCE = ("", "unknown", "none stated", "other")
TEXT_WIDTH, MAX_LICENCE = 100, 60
TYPES: dict[PartKind, str] = {
    "package": "library",
    "pictures": "data",
    "weights": "machine-learning-model",
}
HASHES = {"sha256": "SHA-256", "md5": "MD5"}


@dataclass(frozen=True)
class Part:
    """A package, a data set or a network's weights.

    ``spdx``: the licence is an SPDX expression. ``here``: whether it is installed or fetched: yes,
    part or no. ``checksums``: those of its files, by name. ``needs``: names of other packages.
    """

    kind: PartKind
    name: str
    version: str
    licence: str
    page: str
    spdx: bool = False
    here: str = "yes"
    checksums: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether no licence is stated."""
        return self.licence.lower() in NO_LICENCE or self.licence.lower().startswith("none stated")

    @property
    def reference(self) -> str:
        """The part's unique name in a bill of materials; of a package the package URL."""
        if self.kind == "package":
            return f"pkg:pypi/{self.name}@{quote(self.version, safe='.')}"
        return f"{self.kind}:{self.name}"


def list_parts(assets: Path) -> list[Part]:
    """Return all parts by kind and name; ``assets`` is the folder of fetched files."""
    collections: tuple[tuple[PartKind, tuple[Asset, ...]], ...] = (
        ("pictures", IMAGES),
        ("weights", WEIGHTS),
    )
    return [
        *sorted(_packages(), key=lambda part: part.name),
        *(_asset(kind, each, assets) for kind, members in collections for each in members),
    ]


def _packages() -> Iterator[Part]:
    """Yield every installed package that s2f or its extras require, once."""
    root = distribution(ROOT)
    extras = {
        extra for extra in root.metadata.get_all("Provides-Extra") or () if extra not in DEVELOPMENT
    }
    todo, extras_of = [(ROOT, extras)], dict[str, set[str]]()
    while todo:
        name, extras = todo.pop()
        if name in extras_of and extras <= extras_of[name]:
            continue
        extras_of.setdefault(name, set()).update(extras)
        todo += [
            (canonicalize_name(need.name), set(need.extras))
            for need in _requirements(name, extras_of[name])
        ]
    for name, extras in extras_of.items():
        if name != ROOT and (package := _installed(name)) is not None:
            yield _package(name, package, extras)


def _requirements(name: str, extras: set[str]) -> list[Requirement]:
    package = _installed(name)
    requirements = map(Requirement, (package and package.requires) or ())
    environments = [{"extra": extra} for extra in ("", *sorted(extras))]
    return [
        need
        for need in requirements
        if need.marker is None or any(need.marker.evaluate(each) for each in environments)
    ]


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # of an extra, or for another system
        return None


def _package(name: str, package: Distribution, extras: set[str]) -> Part:
    licence, spdx = _licence(name, package)
    links = [link.split(", ", 1) for link in package.metadata.get_all("Project-URL") or ()]
    page = _field(package, "Home-page") or next((link[-1] for link in links), "")
    needs = {canonicalize_name(need.name) for need in _requirements(name, extras)}
    installed = sorted(each for each in needs if _installed(each) is not None)
    return Part("package", name, package.version, licence, page, spdx=spdx, needs=tuple(installed))


def _licence(name: str, package: Distribution) -> tuple[str, bool]:
    """A package's licence, and whether it is an SPDX expression."""
    if expression := _field(package, "License-Expression"):
        return expression, True
    classifiers = package.metadata.get_all("Classifier") or ()
    titles = [each.split(" :: ")[-1] for each in classifiers if each.startswith("License :: ")]
    lines = _field(package, "License").strip().splitlines()
    short = lines[0] if len(lines) == 1 and len(lines[0]) <= MAX_LICENCE else ""
    joined = ", ".join(each for each in titles if each != "OSI Approved")
    return joined or short or KNOWN_LICENCES.get(name, ""), False


def _field(package: Distribution, key: str) -> str:
    return str(next(iter(package.metadata.get_all(key) or ()), ""))


def _asset(kind: PartKind, asset: Asset, assets: Path) -> Part:
    checksums = tuple(
        (file.filename, file.checksum)
        for file in asset.files
        if file.checksum.partition(":")[0] in HASHES
    )
    here = asset.availability(assets / asset.name)
    return Part(kind, asset.name, "", asset.licence, asset.page, here=here, checksums=checksums)


def as_text(parts: list[Part]) -> str:
    """Return the parts as a table of at most 100 columns, in which UNKNOWN marks no licence."""
    heads = {part: f"{part.name} {part.version}".strip() for part in parts}
    width = min(max(map(len, heads.values())), 40)
    lines = []
    for kind in TYPES:
        lines.append(f"{kind.upper()}")
        for part in (each for each in parts if each.kind == kind):
            away = "" if part.here == "yes" else " (not here)"
            licence = f"UNKNOWN {part.licence}".strip() if part.unknown else part.licence
            cell = TEXT_WIDTH - width - 4
            first, *rest = textwrap.wrap(licence + away, cell, break_on_hyphens=False)
            lines.append(f"  {heads[part]:{width}}  {first}")
            lines += [" " * (width + 4) + more for more in rest]
    return "\n".join(lines)


def as_json(parts: list[Part]) -> str:
    """Return the parts as JSON."""
    rows = [{**asdict(part), "unknown": part.unknown} for part in parts]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def as_cyclonedx(parts: list[Part]) -> str:
    """Return a bill of materials, CycloneDX 1.6 as JSON; the same parts give the same text."""
    components = [_component(part) for part in parts]
    application = {
        "type": "application",
        "bom-ref": ROOT,
        "name": ROOT,
        "version": distribution(ROOT).version,
        "licenses": [{"license": {"id": "MIT"}}],
    }
    text = json.dumps(components, sort_keys=True)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, text)}",
        "version": 1,
        "metadata": {"component": application},
        "components": components,
        "dependencies": _dependencies([part for part in parts if part.kind == "package"]),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _component(part: Part) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": TYPES[part.kind],
        "bom-ref": part.reference,
        "name": part.name,
    }
    if part.kind == "package":
        component |= {"version": part.version, "purl": part.reference}
    if part.licence:
        unlisted = {"license": {"name": part.licence}}
        component["licenses"] = [{"expression": part.licence} if part.spdx else unlisted]
    if part.checksums:
        component["components"] = [_file(name, checksum) for name, checksum in part.checksums]
    if part.page.startswith("http"):
        component["externalReferences"] = [{"type": "website", "url": part.page}]
    return component


def _file(name: str, checksum: str) -> dict[str, Any]:
    algorithm, content = checksum.split(":", 1)
    hashes = [{"alg": HASHES[algorithm], "content": content}]
    return {"type": "file", "name": name, "hashes": hashes}


def _dependencies(packages: list[Part]) -> list[dict[str, Any]]:
    """The packages that s2f and each package require."""
    references = {part.name: part.reference for part in packages}
    direct = {canonicalize_name(need.name) for need in _requirements(ROOT, set())}
    needs = {ROOT: direct} | {part.reference: set(part.needs) for part in packages}
    return [
        {"ref": name, "dependsOn": sorted(references[need] for need in each & references.keys())}
        for name, each in needs.items()
    ]
