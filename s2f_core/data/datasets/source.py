"""What opening a source gives."""

from __future__ import annotations

from dataclasses import dataclass

from s2f_core.data.tables import Domain


@dataclass(frozen=True)
class Opened:
    """``images``: domain B, or all there is; ``given``: a domain A that the source brings itself.

    The two are pairs where their ids are equal, and unpaired where they differ.
    """

    images: Domain
    given: Domain | None = None
