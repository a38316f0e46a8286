"""Files that other stages wrote, checked for what is used of them here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from s2f_core.common.errors import UserError


def _finite(value: Any) -> Any:
    """Infinite and not-a-number count as missing: there is nothing to draw or to sort by."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]


class Record(BaseModel):
    """A JSON file of another stage: checked for what is used here, free to hold more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


R = TypeVar("R", bound=Record)


def record(kind: type[R], path: Path) -> R:
    """A JSON file as a record; raises UserError that names the file where it is not right."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError:
        raise UserError(f"{path} is missing: run the stage that writes it first") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"{path}: {where}: {first['msg']}") from None


def frame(path: Path, needed: list[str]) -> pd.DataFrame:
    """A table; raises UserError that names the file where it, or a needed column, is missing."""
    try:
        found = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run the stage that writes it first") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    absent = [column for column in needed if column not in found]
    if absent:
        raise UserError(f"{path}: no column {absent[0]!r} (columns: {', '.join(map(str, found))})")
    return found
