"""The variants of the studies that ``params.yaml`` can have: ``studies/variants.yaml``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from s2f_core.common.atomic import write_text
from s2f_core.common.config import PARAMS_FILE, VARIANTS, Section, load, validate
from s2f_core.common.entry_names import check_names
from s2f_core.common.errors import UserError, list_names
from s2f_core.common.yaml_file import file_version, parse, read_yaml
from s2f_core.common.yaml_text import append_item, entry_text, insert_entry

FILE = Path("studies/variants.yaml")
ASSETS, TABLES = "assets", "tables"
MAPPINGS = ("data", TABLES, VARIANTS, "translations")

Content = Mapping[str, Any]  # of params.yaml
Entries = dict[str, dict[str, Any]]  # by section and name


class StudyVariant(Section):
    """A variant of a study, with the sections of ``params.yaml`` that it needs."""

    about: str = Field(description="The variant in a few words.")
    assets: tuple[str, ...] = Field((), description="Assets that the roles below need.")
    data: dict[str, Any] = Field(default_factory=dict, description="Roles, by name.")
    tables: dict[str, Any] = Field(default_factory=dict, description="Tables of inputs, by name.")
    variants: dict[str, Any] = Field(description="The variant, by its name.")
    translations: dict[str, Any] = Field(description="Its translations, by its name.")

    def missing(self, content: Content) -> tuple[Entries, list[str]]:
        """Return the entries that the parameters lack, and the assets that these need.

        A role that is there keeps its source, and then needs no asset.
        """
        entries: Entries = {}
        for section in MAPPINGS:
            present = content.get(section) or {}
            made = present.values() if section == TABLES else ()  # a table may have any name
            entries[section] = {
                name: value
                for name, value in getattr(self, section).items()
                if name not in present and value not in made
            }
        assets = [name for name in self.assets if name not in (content.get(ASSETS) or ())]
        return entries, assets if entries["data"] else []


def read(root: Path = Path()) -> dict[str, StudyVariant]:
    """Read the variants of the studies by name, of the project in ``root``."""
    variants: dict[str, StudyVariant] = load(dict[str, StudyVariant], file=root / FILE)
    return variants


def read_absent(root: Path = Path()) -> dict[str, StudyVariant]:
    """Read the variants of the studies that the parameters in ``root`` lack."""
    file = root / PARAMS_FILE
    content = validate(dict[str, Any], read_yaml(file, file_version(file)), file=file)
    present = content.get(VARIANTS) or {}
    return {name: variant for name, variant in read(root).items() if name not in present}


def translation_owners(variants: Mapping[str, StudyVariant]) -> dict[str, str]:
    """Return the variant of each translation."""
    return {
        translation: name
        for name, variant in variants.items()
        for translation in variant.translations[name]
    }


def describe(variants: Mapping[str, StudyVariant]) -> str:
    """Return a line for each variant: its name and what it is."""
    width = max(map(len, variants), default=0)
    return "\n".join(f"  {name:<{width}}  {each.about}" for name, each in variants.items())


def add_command(names: Iterable[str], then: str = "dvc repro") -> str:
    """Return the commands that add variants to the parameters and then do something with them."""
    return f"s2f add {' '.join(dict.fromkeys(names))} && {then}"


def with_add(command: str, absent: Collection[str]) -> str:
    """Put ``s2f add`` before a command that evaluates one of the variants that are absent."""
    used = [name for name in re.findall(r"evaluate@([\w-]+)", command) if name in absent]
    return add_command(used, command) if used else command


def extend(content: Content, variants: Iterable[StudyVariant]) -> dict[str, Any]:
    """Return parameters that have the variants, too."""
    extended = dict(content)
    for variant in variants:
        entries, assets = variant.missing(extended)
        for section, values in entries.items():
            extended[section] = {**(extended.get(section) or {}), **values}
        extended[ASSETS] = [*(extended.get(ASSETS) or ()), *assets]
    return extended


def add(names: Iterable[str], root: Path = Path()) -> list[str]:
    """Write variants of the studies into the parameters; all other lines stay as they are.

    Returns a line for each section with new entries. Raises UserError, and writes nothing, for a
    name that is unknown or there already, and for a file that cannot be extended.
    """
    file = root / PARAMS_FILE
    content, known = read_yaml(file, file_version(file)), read(root)
    chosen = _choose(dict.fromkeys(names), known, content, file)
    with file.open(encoding="utf-8", newline="") as stream:
        text = stream.read()
    source = (root / FILE).read_text(encoding="utf-8")
    try:
        expected = extend(content, chosen.values())
        for name, variant in chosen.items():
            text = _add(text, name, variant, source)
        succeeded = parse(text) == expected
    except (yaml.YAMLError, StopIteration, AttributeError, TypeError, ValueError):
        succeeded = False
    if not succeeded:
        raise UserError(
            f"{file}: {', '.join(chosen)} cannot be written into a file of this layout: copy the "
            f"entries of {FILE} by hand"
        )
    check_names(expected, file)
    write_text(file, text)
    return [
        f"{file}: added {list_names(more)} to {section}"
        for section in (ASSETS, *MAPPINGS)
        if (more := [one for one in expected[section] if one not in (content.get(section) or ())])
    ]


def _choose(
    names: Iterable[str], known: dict[str, StudyVariant], content: Any, file: Path
) -> dict[str, StudyVariant]:
    """Return the variants by name; raises UserError for one that cannot be added."""
    there = content.get(VARIANTS) or {} if isinstance(content, dict) else {}
    left = {name: each for name, each in known.items() if name not in there}
    for name in names:
        if name not in left:
            reason = (
                f"{file}: {name!r} is under variants already"
                if name in there
                else f"there is no variant {name!r} in {FILE}"
            )
            others = f"these can be added:\n{describe(left)}" if left else "none is left to add"
            raise UserError(f"{reason}; {others}")
    return {name: left[name] for name in names}


def _add(text: str, name: str, variant: StudyVariant, source: str) -> str:
    entries, assets = variant.missing(parse(text))
    for asset in assets:
        text = append_item(text, ASSETS, asset)
    for section, values in entries.items():
        for key, value in values.items():
            text = insert_entry(text, section, key, value, entry_text(source, name, section, key))
    return text
