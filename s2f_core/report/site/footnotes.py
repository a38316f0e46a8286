"""Footnotes: how each score of a page is computed, opened by a button beside its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class DescribedScore(Protocol):
    """A score with a title and facts about how it is computed, by name."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> dict[str, str]: ...  # noqa: D102


@dataclass(frozen=True)
class Footnote:
    """A footnote; ``ident`` is unique on the page."""

    ident: str
    title: str
    facts: dict[str, str]

    @property
    def short(self) -> str:
        """The facts as sentences."""
        return " ".join(f"{name}: {text.rstrip('.')}." for name, text in self.facts.items())


class Footnotes:
    """The footnotes of one page; equal scores share one."""

    def __init__(self) -> None:
        self._known: dict[str, Footnote] = {}

    def add(self, score: DescribedScore) -> Footnote:
        """Return the footnote of a score, a new one at its first use."""
        key = f"{score.title} {score.facts}"
        if key not in self._known:
            self._known[key] = Footnote(f"how-{len(self._known) + 1}", score.title, score.facts)
        return self._known[key]

    @property
    def all(self) -> list[Footnote]:
        """All footnotes, in the order of their first use."""
        return list(self._known.values())


def known_facts(facts: dict[str, str | None]) -> dict[str, str]:
    """Return the facts without those that are empty or None."""
    return {name: text for name, text in facts.items() if text}
