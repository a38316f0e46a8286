"""The result of opening a source of images."""

from __future__ import annotations

from dataclasses import dataclass

from s2f_core.data.tables import Domain


@dataclass(frozen=True)
class DatasetContents:
    """``images``: domain B, or the only domain; ``own_inputs``: a domain A of the source's own.

    Images of equal ids are pairs; without equal ids the domains are unpaired.
    """

    images: Domain
    own_inputs: Domain | None = None
