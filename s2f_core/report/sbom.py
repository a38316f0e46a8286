"""What this is made of: packages, pictures and weights, and what each may be used for.

Packages are those that s2f needs, directly or not, with its extras as far as they are installed;
their licences are what their own metadata say. Pictures and weights are those of the catalogue.
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

from s2f_core.data.assets.asset import Collection
from s2f_core.data.assets.image_assets import PICTURES
from s2f_core.data.assets.weight_assets import WEIGHTS

Kind = Literal["package", "pictures", "weights"]

ROOT = "s2f"
TOLD = {  # where metadata say nothing: of their licence files, or of their publisher's terms
    "cuda-toolkit": "NVIDIA CUDA Toolkit EULA",
    "huey": "MIT",
    "resvg-py": "MIT",
    "skops": "MIT",
}
NOTHING = ("", "unknown", "none stated", "other")  # how no licence begins
WIDTH, LONGEST = 100, 60
TYPES: dict[Kind, str] = {
    "package": "library",
    "pictures": "data",
    "weights": "machine-learning-model",
}
HASHES = {"sha256": "SHA-256", "md5": "MD5"}


@dataclass(frozen=True)
class Part:
    """A package, pictures or weights.

    ``spdx``: the licence is an expression of the SPDX standard. ``here``: yes, part or no.
    ``checksums`` are of files, by name; ``needs`` the names of other parts.
    """

    kind: Kind
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
        """Whether nobody says what may be done with it."""
        return self.licence.lower() in NOTHING or self.licence.lower().startswith("none stated")


def parts(assets: Path) -> list[Part]:
    """All parts by kind and name; ``assets`` is where fetched pictures and weights lie."""
    collections: tuple[tuple[Kind, tuple[Collection, ...]], ...] = (
        ("pictures", PICTURES),
        ("weights", WEIGHTS),
    )
    return [
        *sorted(_packages(), key=lambda part: part.name),
        *(_asset(kind, each, assets) for kind, found in collections for each in found),
    ]


def _packages() -> Iterator[Part]:
    """Every installed package that is needed, once, whichever extras ask for it."""
    root = distribution(ROOT)
    extras = {extra for extra in root.metadata.get_all("Provides-Extra") or () if extra != "dev"}
    todo, wanted = [(ROOT, extras)], dict[str, set[str]]()
    while todo:
        name, asked = todo.pop()
        if name in wanted and asked <= wanted[name]:
            continue
        wanted.setdefault(name, set()).update(asked)
        todo += [
            (canonicalize_name(need.name), set(need.extras)) for need in _needs(name, wanted[name])
        ]
    for name, asked in wanted.items():
        if name != ROOT and (found := _installed(name)) is not None:
            yield _package(name, found, asked)


def _needs(name: str, extras: set[str]) -> list[Requirement]:
    found = _installed(name)
    stated = map(Requirement, (found and found.requires) or ())
    environments = [{"extra": extra} for extra in ("", *sorted(extras))]
    return [
        need
        for need in stated
        if need.marker is None or any(need.marker.evaluate(each) for each in environments)
    ]


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # of an extra, or for another system
        return None


def _package(name: str, found: Distribution, extras: set[str]) -> Part:
    licence, spdx = _stated(name, found)
    links = [link.split(", ", 1) for link in found.metadata.get_all("Project-URL") or ()]
    page = _field(found, "Home-page") or next((link[-1] for link in links), "")
    needs = {canonicalize_name(need.name) for need in _needs(name, extras)}
    there = sorted(each for each in needs if _installed(each) is not None)
    return Part("package", name, found.version, licence, page, spdx=spdx, needs=tuple(there))


def _stated(name: str, found: Distribution) -> tuple[str, bool]:
    """What a package says of its licence, and whether that is an expression of SPDX."""
    if expression := _field(found, "License-Expression"):
        return expression, True
    classifiers = found.metadata.get_all("Classifier") or ()
    named = [each.split(" :: ")[-1] for each in classifiers if each.startswith("License :: ")]
    lines = _field(found, "License").strip().splitlines()
    short = lines[0] if len(lines) == 1 and len(lines[0]) <= LONGEST else ""
    plain = ", ".join(each for each in named if each != "OSI Approved")
    return plain or short or TOLD.get(name, ""), False


def _field(found: Distribution, key: str) -> str:
    return str(next(iter(found.metadata.get_all(key) or ()), ""))


def _asset(kind: Kind, asset: Collection, assets: Path) -> Part:
    sums = tuple(
        (file.filename, file.checksum)
        for file in asset.files
        if file.checksum.partition(":")[0] in HASHES
    )
    here = asset.here(assets / asset.name)
    return Part(kind, asset.name, "", asset.licence, asset.page, here=here, checksums=sums)


def table(found: list[Part]) -> str:
    """The parts as text, at most 100 columns wide; what has no licence is marked."""
    heads = {part: f"{part.name} {part.version}".strip() for part in found}
    width = min(max(map(len, heads.values())), 40)
    lines = []
    for kind in TYPES:
        lines.append(f"{kind.upper()}")
        for part in (each for each in found if each.kind == kind):
            away = "" if part.here == "yes" else " (not here)"
            said = f"UNKNOWN {part.licence}".strip() if part.unknown else part.licence
            first, *rest = textwrap.wrap(said + away, WIDTH - width - 4, break_on_hyphens=False)
            lines.append(f"  {heads[part]:{width}}  {first}")
            lines += [" " * (width + 4) + more for more in rest]
    return "\n".join(lines)


def listed(found: list[Part]) -> str:
    """The parts as JSON."""
    told = [{**asdict(part), "unknown": part.unknown} for part in found]
    return json.dumps(told, indent=2, ensure_ascii=False)


def bill(found: list[Part]) -> str:
    """A bill of materials, CycloneDX 1.6 as JSON: the same for the same parts."""
    components = [_component(part) for part in found]
    packages = [part for part in found if part.kind == "package"]
    references = {part.name: _reference(part) for part in packages}
    direct = {canonicalize_name(need.name) for need in _needs(ROOT, set())}
    told = distribution(ROOT)
    own = {"type": "application", "bom-ref": ROOT, "name": ROOT, "version": told.version}
    edges = [
        {"ref": ROOT, "dependsOn": sorted(references[name] for name in direct & set(references))},
        *(
            {
                "ref": _reference(part),
                "dependsOn": sorted(references[name] for name in part.needs if name in references),
            }
            for part in packages
        ),
    ]
    text = json.dumps(components, sort_keys=True)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, text)}",
        "version": 1,
        "metadata": {"component": {**own, "licenses": [{"license": {"id": "MIT"}}]}},
        "components": components,
        "dependencies": edges,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _component(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": TYPES[part.kind],
        "bom-ref": _reference(part),
        "name": part.name,
    }
    if part.kind == "package":
        made |= {"version": part.version, "purl": _reference(part)}
    if part.licence:
        named = {"license": {"name": part.licence}}
        made["licenses"] = [{"expression": part.licence} if part.spdx else named]
    if part.checksums:
        files = [
            {
                "type": "file",
                "name": name,
                "hashes": [{"alg": HASHES[kind], "content": content}],
            }
            for name, (kind, content) in (
                (name, checksum.split(":", 1)) for name, checksum in part.checksums
            )
        ]
        made["components"] = files
    if part.page.startswith("http"):
        made["externalReferences"] = [{"type": "website", "url": part.page}]
    return made


def _reference(part: Part) -> str:
    if part.kind == "package":
        return f"pkg:pypi/{part.name}@{quote(part.version, safe='.')}"
    return f"{part.kind}:{part.name}"
