"""Generate the reference page of what can be fetched."""

from __future__ import annotations

from docs.generate.parameters import cell
from s2f_core.data.assets.catalogue import CATALOGUE


def page() -> str:
    """The page of assets: every file that can be fetched, with size and licence."""
    rows = [
        f"| `{asset.name}` | {cell(asset.description)} | {size(asset.download)} "
        f"| {cell(asset.licence)} | {cell(asset.citation)} |"
        for asset in CATALOGUE.values()
    ]
    return "\n".join(
        [
            "# Datasets and weights",
            "",
            (
                "`s2f fetch NAME` downloads an asset into `data/assets/NAME` and checks it. "
                "`s2f datasets` and `s2f conditions` tell which of them are here."
            ),
            "",
            "| asset | what | download | licence | citation |",
            "|---|---|---:|---|---|",
            *rows,
            "",
        ]
    )


def size(download: int) -> str:
    """A number of bytes in MB or GB."""
    return f"{download / 1e9:.1f} GB" if download >= 1e9 else f"{max(1, round(download / 1e6))} MB"
