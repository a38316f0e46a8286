"""The choice of classes that several sources offer."""

from __future__ import annotations

from collections.abc import Collection

from s2f_core.common.errors import UserError, list_names


def select_classes(
    classes: tuple[str, ...] | None, known: Collection[str], where: object
) -> list[str]:
    """Return the requested classes, or all known ones in sorted order.

    Raises UserError if a requested class is unknown; ``where`` names the place in the message.
    """
    for name in classes or ():
        if name not in known:
            raise UserError(f"{where} has no class {name!r} (allowed: {list_names(sorted(known))})")
    return sorted(known) if classes is None else list(classes)
