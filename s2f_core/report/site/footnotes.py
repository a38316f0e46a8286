"""How each number of a page was made: told beside it, to hover, keyboard and touch alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Made(Protocol):
    """A score that says how it was made."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> dict[str, str]: ...  # noqa: D102


@dataclass(frozen=True)
class Note:
    """What a button opens; ``ident`` is unique on the page."""

    ident: str
    title: str
    facts: dict[str, str]

    @property
    def short(self) -> str:
        """The facts as sentences."""
        return " ".join(f"{name}: {text.rstrip('.')}." for name, text in self.facts.items())


class Notes:
    """The notes of one page: equal ones are one."""

    def __init__(self) -> None:
        self._known: dict[str, Note] = {}

    def add(self, score: Made) -> Note:
        """The note of a score."""
        key = f"{score.title} {score.facts}"
        if key not in self._known:
            self._known[key] = Note(f"how-{len(self._known) + 1}", score.title, score.facts)
        return self._known[key]

    @property
    def all(self) -> list[Note]:
        """Every note that was asked for."""
        return list(self._known.values())


def present(facts: dict[str, str | None]) -> dict[str, str]:
    """The facts that are known."""
    return {name: text for name, text in facts.items() if text}
