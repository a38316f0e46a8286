"""Ranges of random settings: pairs of numbers, the least and the largest."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field


def _check_order(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the range starts at {ends[0]:g}, above its end {ends[1]:g}")
    return ends


Ordered = AfterValidator(_check_order)
Share = Annotated[float, Field(ge=0, le=1)]
Length = Annotated[float, Field(ge=0, le=32)]
Change = Annotated[float, Field(ge=-16, le=16)]
Level = Annotated[float, Field(ge=0, le=5000)]
Shares = Annotated[tuple[Share, Share], Ordered]
Lengths = Annotated[tuple[Length, Length], Ordered]
Changes = Annotated[tuple[Change, Change], Ordered]
Levels = Annotated[tuple[Level, Level], Ordered]

OFF: tuple[float, float] = (0.0, 0.0)
