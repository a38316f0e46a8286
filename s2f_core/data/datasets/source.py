"""The result of opening a source of images."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from s2f_core.data.tables import Domain


@dataclass(frozen=True)
class DatasetContents:
    """``images``: domain B, or the only domain; ``own_inputs``: a domain A of the source's own.

    Images of equal ids are pairs; without equal ids the domains are unpaired. A source that has to
    find out how its files are arranged says it in ``layout`` and ``reason``; ``notes`` are whole
    sentences on what a user may not expect.
    """

    images: Domain
    own_inputs: Domain | None = None
    _: KW_ONLY
    layout: str | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()
