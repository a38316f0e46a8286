"""Write the table of results in the README: ``python -m docs.generate.results``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
START, END = "<!-- results: python -m docs.generate.results -->\n", "<!-- end of results -->\n"
VARIANTS = ("best", "pix2pix-pencil", "resnet")
SCORES = {
    "kid": ("KID ↓", ".3f"),
    "fid": ("FID ↓", ".0f"),
    "lpips": ("LPIPS ↓", ".3f"),
    "ssim": ("SSIM ↑", ".3f"),
    "pixel_difference": ("pixel difference ↓", ".3f"),
}


def from_disk(variant: str) -> str | None:
    """The text of ``metrics/VARIANT.json``, or None where the file is missing."""
    file = ROOT / "metrics" / f"{variant}.json"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def table(read: Callable[[str], str | None] = from_disk) -> str:
    """The scores of the face variants' translations in Markdown, best KID first.

    ``read`` gives the JSON of a variant, ``{translation: {score: value}}``, or None.
    """
    rows: dict[str, dict[str, float]] = {}
    for variant in VARIANTS:
        rows |= json.loads(read(variant) or "{}")
    titles = [title for title, _ in SCORES.values()]
    lines = [f"| translation | {' | '.join(titles)} |", "|---|" + "---:|" * len(titles)]
    for name, scores in sorted(rows.items(), key=lambda row: row[1]["kid"]):
        cells = [
            format(scores[key], style) if key in scores else "–"
            for key, (_, style) in SCORES.items()
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def in_readme() -> str:
    """The table that the README has."""
    _, _, after = README.read_text(encoding="utf-8").partition(START)
    return after.partition(END)[0]


def main() -> None:
    """Replace the table in the README by that of the files."""
    before, _, after = README.read_text(encoding="utf-8").partition(START)
    _, _, rest = after.partition(END)
    README.write_text(before + START + table() + END + rest, encoding="utf-8")


if __name__ == "__main__":
    main()
