"""All generated pages, by their path under ``docs``."""

from __future__ import annotations

from collections.abc import Callable

from docs.generate import api, assets, commands, inputs, metrics, parameters, sweeps

PAGES: dict[str, Callable[[], str]] = {
    "reference/parameters.md": parameters.page,
    "reference/inputs.md": inputs.page,
    "reference/commands.md": commands.page,
    "reference/metrics.md": metrics.page,
    "reference/assets.md": assets.page,
    "reference/sweeps.md": sweeps.page,
    "reference/python.md": api.page,
}
